package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.jpledge.promise.NamedFilter;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
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
    private static final int LARGEST = 16 << 20;

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
            Filter filter = filter(file, name, bytes(file, path));
            return new FilterFile(named(word, filter), path, time, steady, !file.startsWith("/"));
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

    private static byte[] bytes(String file, Path path) throws IOException, Failure {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw failure(file + ": is larger than 16 MiB");
            }
            return bytes;
        }
    }

    private static Filter filter(String file, Optional<String> name, byte[] bytes) throws Failure {
        if (name.isPresent()) {
            throw failure(file + ": rules have no names, so there is no #" + name.get());
        }
        Arch arch = Arch.host();
        try {
            List<Rule> rules = new RuleParser(arch).parse(new String(bytes, StandardCharsets.ISO_8859_1), Action.ALLOW);
            Action eperm = new Action.Errno(Errno.number(arch, "EPERM").orElseThrow());
            Action enosys = new Action.Errno(Errno.number(arch, "ENOSYS").orElseThrow());
            return Filter.of(arch, rules, eperm, enosys, eperm);
        } catch (RuleSyntaxException e) {
            throw failure(
                    file + ":" + e.line() + ":" + e.column() + ": " + Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    private static Failure failure(String message) {
        return new Failure(Failure.OURS, "option --filter: " + message);
    }
}
