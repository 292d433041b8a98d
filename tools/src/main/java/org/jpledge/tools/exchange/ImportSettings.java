package org.jpledge.tools.exchange;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Includes;

/**
 * What a file means depends on: where it will be in force. Immutable; {@code with…} methods make another.
 *
 * @param arches the architectures that the filters are to be for, the most important first; at least one
 * @param capabilities those that the program will have, such as {@code CAP_SYS_ADMIN}
 * @param constants names that the file may use, with their values
 * @param includes where files that the file names are found
 */
public record ImportSettings(
        List<Arch> arches, Set<String> capabilities, Map<String, String> constants, Includes includes) {
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
        return new ImportSettings(List.of(arches), Set.of(), Map.of(), Includes.NONE);
    }

    /**
     * With other capabilities.
     *
     * @param others those that the program will have
     * @return the settings
     */
    public ImportSettings withCapabilities(Set<String> others) {
        return new ImportSettings(arches, others, constants, includes);
    }

    /**
     * With other constants.
     *
     * @param others names with their values
     * @return the settings
     */
    public ImportSettings withConstants(Map<String, String> others) {
        return new ImportSettings(arches, capabilities, others, includes);
    }

    /**
     * With files to include.
     *
     * @param others where they are found
     * @return the settings
     */
    public ImportSettings withIncludes(Includes others) {
        return new ImportSettings(arches, capabilities, constants, others);
    }
}
