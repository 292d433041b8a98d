package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jpledge.promise.NamedFilter;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Recovery;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.text.RawPath;

/**
 * A filter that {@code --filter FILE[#NAME]} names.
 *
 * @param filter the filter, by the word that names it
 * @param path where it was read from
 * @param time the file's time of modification, before it was read
 * @param steady whether the word means the same as long as the file has that time: not so for a pipe, or for a path that goes
 *     through symbolic links
 * @param relative whether the path starts in the working directory
 */
record FilterFile(NamedFilter filter, Path path, FileTime time, boolean steady, boolean relative) {
    private static final String OPTION = "option --filter: ";

    /** {@link Filter#SKIPPED}, as programs compare it. */
    private static final long SKIPPED = 0xffffffffL;

    /** Reads what a word names. */
    static FilterFile read(String word) throws Failure {
        InputFile input = InputFile.of(OPTION, word);
        if (input.isStandardInput()) {
            throw input.failure("it is the program's own; a filter comes from a file");
        }
        String file = input.file();
        Path path = RawPath.of(file);
        Optional<FileTime> before = time(path);
        PolicyFiles others = new PolicyFiles();
        byte[] bytes = input.bytes();
        ImportSettings settings = ImportSettings.of(Arch.host()).withIncludes(input.includes(others));
        Imported imported =
                FilterSource.isProgram(bytes) ? program(input, bytes) : FilterSource.read(input, bytes, settings);
        if (!imported.policy().equals(PolicyDocument.EMPTY)) {
            throw input.failure("it has more than filters, such as promises, paths or ports, which --filter would leave"
                    + " out; --policy takes all of a policy, and pledge policy import makes one of other files");
        }
        Filter filter = filter(input, imported);
        boolean steady = before.isPresent() && others.files().isEmpty() && isPlain(path);
        return new FilterFile(
                named(word, filter), path, before.orElse(FileTime.fromMillis(0)), steady, !file.startsWith("/"));
    }

    /** When a file was modified, if there is one. */
    private static Optional<FileTime> time(Path path) {
        try {
            return Optional.of(Files.getLastModifiedTime(path));
        } catch (IOException _) {
            return Optional.empty(); // Who reads it will say why.
        }
    }

    /** Whether a path leads to a file, through no symbolic link. */
    private static boolean isPlain(Path path) {
        try {
            return Files.isRegularFile(path)
                    && RawPath.absolute(path).normalize().equals(path.toRealPath());
        } catch (IOException _) {
            return false; // It was read, and is gone.
        }
    }

    private static NamedFilter named(String word, Filter filter) throws Failure {
        Arch arch = Arch.host();
        boolean has = false;
        for (Filter.Section section : filter.sections()) {
            has |= section.arch() == arch;
        }
        if (!has) {
            throw failure(word + ": it says nothing of " + arch.label() + ", so nothing could run");
        }
        try {
            return new NamedFilter(word, filter);
        } catch (IllegalArgumentException e) {
            throw failure(word + ": " + e.getMessage());
        }
    }

    /** The rules that a program follows. What it does beyond what rules can say must be refused by them. */
    private static Imported program(InputFile input, byte[] bytes) throws Failure {
        Recovery recovery = FilterSource.recovered(input, bytes);
        Filter filter = recovery.filter();
        for (Recovery.Deviation deviation : recovery.deviations()) {
            boolean skipped = deviation.from() == SKIPPED && deviation.to() == SKIPPED;
            if (!skipped && !Action.isRefusal(filter.foreign())) {
                throw input.failure("no rules say what the program does with calls of other architectures and of x32");
            }
        }
        return Imported.of(filter, List.of());
    }

    private static Filter filter(InputFile input, Imported imported) throws Failure {
        SortedMap<String, Filter> filters = imported.filters();
        String names = String.join(", ", filters.keySet());
        Optional<String> name = input.part();
        if (name.isPresent()) {
            Optional<Filter> named = Optional.ofNullable(filters.get(name.get()));
            if (named.isPresent()) {
                return named.get();
            }
            throw input.failure(Failure.suggesting(
                    "no filter \"" + name.get() + "\" is in it, only " + names,
                    Nearest.nearest(name.get(), filters.keySet())));
        }
        if (filters.size() > 1) {
            throw input.failure("it has several filters, " + names + ": name one, as in " + input.file() + "#"
                    + filters.firstKey());
        }
        return filters.firstEntry().getValue();
    }

    private static Failure failure(String message) {
        return new Failure(Failure.OURS, OPTION + message);
    }
}
