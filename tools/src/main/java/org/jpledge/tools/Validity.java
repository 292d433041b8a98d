package org.jpledge.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.FilePath;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.FileKind;

/**
 * How long a launcher is good for the words that it was made of: a script for the front, which succeeds as long as a new one
 * would be the same. All that a launcher depends on is in it but for the program itself, whose time the launcher has.
 *
 * @param conditions the script; a character is a byte
 * @param times of modification that it compares with, each with the name of a file that has to have it
 */
record Validity(String conditions, Set<FileTime> times) {
    /** A change within this time of an earlier one might not change a file's time. */
    private static final long RACY_MILLIS = 2000;

    /** Beyond these, a JVM is not much slower than the comparisons. */
    private static final int MOST_TIMES = 8;

    private static final int MOST_KINDS = 400;

    /** Where adding and removing a name changes the directory's time, as it does not in /proc. */
    private static final Set<String> HONEST = Set.of(
            "ext2",
            "ext3",
            "ext4",
            "xfs",
            "btrfs",
            "tmpfs",
            "ramfs",
            "devtmpfs",
            "overlay",
            "f2fs",
            "zfs",
            "jfs",
            "bcachefs");

    /** What the launcher of a preparation depends on; empty if that cannot be said. */
    static Optional<Validity> of(Preparation prepared) throws IOException {
        ObservedTree tree = prepared.tree();
        long settled = tree.since() - RACY_MILLIS;
        StringBuilder text = new StringBuilder();
        Set<FileTime> times = new LinkedHashSet<>();
        List<Path> chain = prepared.found().executable().chain();
        for (int i = 0; i < chain.size(); i++) {
            FileTime time = Files.getLastModifiedTime(chain.get(i));
            if (time.toMillis() >= settled) {
                return Optional.empty();
            }
            if (i > 0) {
                sameTime(text, RawPath.word(chain.get(i)), time);
                times.add(time);
            }
        }
        if (prepared.enforcement().loader().isPresent()
                || prepared.enforcement().exact().isPresent()
                || !prepared.enforcement().shortfalls().isEmpty()) {
            text.append("same_boot ").append(quoted(boot())).append(" &&\n");
        }
        if (prepared.options().relative()) {
            text.append("[ . -ef ").append(quoted(word(prepared.here()))).append(" ] &&\n");
        }
        for (FilterFile filter : prepared.options().filters()) {
            if (filter.time().toMillis() >= settled) {
                return Optional.empty();
            }
            sameTime(text, RawPath.word(filter.path()), filter.time());
            times.add(filter.time());
        }
        Map<FilePath, FileTime> directories = tree.directories();
        if (directories.size() > MOST_TIMES || tree.kinds().size() > MOST_KINDS) {
            return Optional.empty();
        }
        for (Map.Entry<FilePath, FileTime> each : directories.entrySet()) {
            FileTime time = each.getValue();
            Path directory = ObservedTree.path(each.getKey());
            if (time.toMillis() >= settled
                    || !HONEST.contains(Files.getFileStore(directory).type())) {
                return Optional.empty();
            }
            is(text, each.getKey(), FileKind.DIRECTORY);
            sameTime(text, word(each.getKey()), time);
            times.add(time);
        }
        for (Map.Entry<FilePath, FileKind> each : tree.kinds().entrySet()) {
            if (!directories.containsKey(each.getKey())) {
                is(text, each.getKey(), each.getValue());
            }
        }
        StringBuilder warning = new StringBuilder();
        for (String line : prepared.warnings()) {
            warning.append(Failure.line(line));
        }
        text.append("warning=").append(quoted(warning.toString())).append('\n');
        return Optional.of(new Validity(text.toString(), times));
    }

    /** The name of a file in the cache that has a time. */
    static String name(FileTime time) {
        Instant instant = time.toInstant();
        return "@" + instant.getEpochSecond() + "." + instant.getNano();
    }

    private static void sameTime(StringBuilder text, String path, FileTime time) {
        text.append("same_time ")
                .append(quoted(path))
                .append(" \"$cache/")
                .append(name(time))
                .append("\" &&\n");
    }

    private static void is(StringBuilder text, FilePath path, FileKind kind) {
        String question = switch (kind) {
            case MISSING -> "is_missing ";
            case DIRECTORY -> "is_directory ";
            case SYMLINK -> "[ -L ";
            case OTHER -> "is_file ";
        };
        text.append(question).append(quoted(word(path))).append(kind == FileKind.SYMLINK ? " ] &&\n" : " &&\n");
    }

    /** What the kernel was booted with: whether there is Landlock is decided there. */
    private static String boot() throws IOException {
        String line = Files.readString(Path.of("/proc/cmdline"), StandardCharsets.ISO_8859_1);
        int end = line.indexOf('\n');
        return end < 0 ? line : line.substring(0, end);
    }

    private static String word(FilePath path) {
        return new String(path.bytes(), StandardCharsets.ISO_8859_1);
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
