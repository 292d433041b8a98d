package org.jpledge.tools.exchange;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.tools.text.Includes;

/**
 * What a file means depends on: where it will be in force. Immutable; {@code with…} methods make another.
 *
 * @param arches the architectures that the filters are to be for, the most important first; at least one
 * @param capabilities those that the program will have, such as {@code CAP_SYS_ADMIN}
 * @param kernel the kernel that the program will run on; empty for any that is new enough for all that the file names
 * @param constants names that the file may use, with their values
 * @param includes where files that the file names are found
 */
public record ImportSettings(
        List<Arch> arches,
        Set<String> capabilities,
        Optional<KernelVersion> kernel,
        Map<String, String> constants,
        Includes includes) {
    /** Copies the collections. */
    public ImportSettings {
        arches = List.copyOf(arches);
        capabilities = Set.copyOf(capabilities);
        constants = Map.copyOf(constants);
        if (arches.isEmpty()) {
            throw new IllegalArgumentException("a filter speaks about at least one architecture");
        }
    }

    /**
     * A program without capabilities, and a file that includes no other.
     *
     * @param arches the architectures that the filters are to be for
     * @return the settings
     */
    public static ImportSettings of(Arch... arches) {
        return new ImportSettings(List.of(arches), Set.of(), Optional.empty(), Map.of(), Includes.NONE);
    }

    /**
     * With other capabilities.
     *
     * @param others those that the program will have
     * @return the settings
     */
    public ImportSettings withCapabilities(Set<String> others) {
        return new ImportSettings(arches, others, kernel, constants, includes);
    }

    /**
     * With a kernel.
     *
     * @param version the kernel that the program will run on
     * @return the settings
     */
    public ImportSettings withKernel(KernelVersion version) {
        return new ImportSettings(arches, capabilities, Optional.of(version), constants, includes);
    }

    /**
     * With other constants.
     *
     * @param others names with their values
     * @return the settings
     */
    public ImportSettings withConstants(Map<String, String> others) {
        return new ImportSettings(arches, capabilities, kernel, others, includes);
    }

    /**
     * With files to include.
     *
     * @param others where they are found
     * @return the settings
     */
    public ImportSettings withIncludes(Includes others) {
        return new ImportSettings(arches, capabilities, kernel, constants, others);
    }
}
