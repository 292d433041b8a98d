package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;

/** Architectures that the option {@code --arch} of several commands names. */
final class NamedArchitecture {
    private NamedArchitecture() {}

    /** The one that the command line names last, by whichever of the options it has. */
    static Optional<Arch> last(CommandLine line, Option option) throws Failure {
        Optional<String> word = line.last(option);
        return word.isEmpty() ? Optional.empty() : Optional.of(of(word.get()));
    }

    /** The architecture of that name. */
    static Arch of(String word) throws Failure {
        Optional<Arch> arch = Arch.parse(word);
        if (arch.isPresent()) {
            return arch.get();
        }
        List<String> labels = new ArrayList<>();
        for (Arch each : Arch.values()) {
            labels.add(each.label());
        }
        throw Failure.usage(
                "option --arch: \"" + word + "\" is none of " + String.join(", ", labels),
                Nearest.nearest(word, labels));
    }
}
