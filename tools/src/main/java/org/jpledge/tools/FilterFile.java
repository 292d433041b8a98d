package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.promise.NamedFilter;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Recovery;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.exchange.PolicySource;
import org.jpledge.tools.inspect.ProgramFile;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

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
    /** The size of one of BPF's. */
    private static final int INSTRUCTION = 8;

    /** {@link Filter#SKIPPED}, as programs compare it. */
    private static final long SKIPPED = 0xffffffffL;

    /** Reads what a word names. */
    static FilterFile read(String word) throws Failure {
        int hash = word.lastIndexOf('#');
        // A name may have the character, too.
        boolean whole = hash < 0 || Files.exists(RawPath.of(word));
        String file = whole ? word : word.substring(0, hash);
        Optional<String> name = whole ? Optional.empty() : Optional.of(word.substring(hash + 1));
        Path path = RawPath.of(file);
        if (!Files.exists(path)) {
            throw failure(Failure.suggesting(file + ": no such file", RawPath.nearest(file, null)));
        }
        if (Files.isDirectory(path)) {
            throw failure(file + ": is a directory");
        }
        try {
            FileTime time = Files.getLastModifiedTime(path);
            boolean steady = Files.isRegularFile(path)
                    && path.toAbsolutePath().normalize().equals(path.toRealPath());
            byte[] bytes = PolicySource.bytes(path);
            Imported imported =
                    isProgram(bytes) ? program(file, bytes) : PolicySource.read(bytes, ImportSettings.of(Arch.host()));
            if (!imported.policy().equals(PolicyDocument.EMPTY)) {
                throw failure(file
                        + ": it has more than filters, such as promises, paths or ports, which --filter would leave"
                        + " out; --policy takes all of a policy, and pledge policy import makes one of other files");
            }
            Filter filter = filter(file, name, imported);
            return new FilterFile(named(word, filter), path, time, steady, !file.startsWith("/"));
        } catch (ImportException e) {
            String message = Words.ofText(String.valueOf(e.getMessage()));
            boolean placed = Character.isDigit(message.charAt(0));
            throw failure(file + (placed ? ":" : ": ") + message);
        } catch (IOException e) {
            throw failure(file + ": cannot be read");
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

    /** Whether bytes are instructions: whole ones, and no text, which has no zeros. */
    private static boolean isProgram(byte[] bytes) {
        boolean zeros = false;
        for (byte each : bytes) {
            zeros |= each == 0;
        }
        return zeros && bytes.length % INSTRUCTION == 0;
    }

    /** The rules that a program follows. What it does beyond what rules can say must be refused by them. */
    private static Imported program(String file, byte[] bytes) throws Failure {
        Recovery recovery;
        try {
            ProgramFile program = ProgramFile.read(bytes, Optional.empty());
            recovery = Recovery.of(program.program(), program.arch().orElse(Arch.host()));
        } catch (InvalidProgramException e) {
            throw failure(file + ": no BPF program for seccomp: " + e.getMessage());
        }
        if (!recovery.unclear().isEmpty()) {
            throw failure(file + ": no rules say what the program does: "
                    + recovery.unclear().getFirst());
        }
        Filter filter = recovery.filter();
        for (Recovery.Deviation deviation : recovery.deviations()) {
            boolean skipped = deviation.from() == SKIPPED && deviation.to() == SKIPPED;
            if (!skipped && !Action.isRefusal(filter.foreign())) {
                throw failure(
                        file + ": no rules say what the program does with calls of other architectures and of x32");
            }
        }
        return Imported.of(filter, List.of());
    }

    private static Filter filter(String file, Optional<String> name, Imported imported) throws Failure {
        SortedMap<String, Filter> filters = imported.filters();
        String names = String.join(", ", filters.keySet());
        if (name.isPresent()) {
            Optional<Filter> named = Optional.ofNullable(filters.get(name.get()));
            if (named.isPresent()) {
                return named.get();
            }
            throw failure(Failure.suggesting(
                    file + ": no filter \"" + name.get() + "\" is in it, only " + names,
                    Nearest.nearest(name.get(), filters.keySet())));
        }
        if (filters.size() > 1) {
            throw failure(file + ": it has several filters, " + names + ": name one, as in " + file + "#"
                    + filters.firstKey());
        }
        return filters.firstEntry().getValue();
    }

    private static Failure failure(String message) {
        return new Failure(Failure.OURS, "option --filter: " + message);
    }
}
