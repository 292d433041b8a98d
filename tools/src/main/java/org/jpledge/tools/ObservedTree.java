package org.jpledge.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.landlock.FilePath;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.FileKind;
import org.jpledge.unveil.FileTree;

/**
 * The machine's files, and what was asked of them. As long as the answers are the same, so is a veil that was made of them.
 */
final class ObservedTree implements FileTree {
    private static final FilePath SELF = FilePath.of("/proc/self");

    private final FileTree tree;
    private final String process;
    private final long since = System.currentTimeMillis();
    private final Map<FilePath, FileKind> kinds = new LinkedHashMap<>();
    private final Map<FilePath, FileTime> directories = new LinkedHashMap<>();

    /**
     * Watches questions.
     *
     * @param tree who answers them
     * @param process the number of the process that is to be the program's: what {@code /proc/self} leads to
     */
    ObservedTree(FileTree tree, String process) {
        this.tree = tree;
        this.process = process;
    }

    @Override
    public FileKind kind(FilePath path) throws IOException {
        FileKind kind = tree.kind(path);
        kinds.put(path, kind);
        return kind;
    }

    @Override
    public FilePath target(FilePath link) throws IOException {
        // Another target is another link, made in the same directory.
        observe(link.parent().orElse(FilePath.ROOT));
        return link.equals(SELF) ? FilePath.of(process) : tree.target(link);
    }

    @Override
    public List<FilePath> names(FilePath directory) throws IOException {
        observe(directory);
        return tree.names(directory);
    }

    /** The time is taken before the directory is read: a change in between makes it another one. */
    private void observe(FilePath directory) throws IOException {
        if (!directories.containsKey(directory)) {
            directories.put(directory, Files.getLastModifiedTime(path(directory), LinkOption.NOFOLLOW_LINKS));
        }
    }

    /** Whether an answer holds for one process alone, because the way goes through {@code /proc/self}. */
    boolean isOfOneProcess() {
        return kinds.get(SELF) == FileKind.SYMLINK;
    }

    /** When this began to watch, in milliseconds of the epoch. */
    long since() {
        return since;
    }

    /** Directories in which names were read, with the times of their last change before that. */
    Map<FilePath, FileTime> directories() {
        return directories;
    }

    /** What was at the paths that were asked for, without those whose directories are watched anyway. */
    Map<FilePath, FileKind> kinds() {
        Map<FilePath, FileKind> others = new LinkedHashMap<>();
        for (Map.Entry<FilePath, FileKind> each : kinds.entrySet()) {
            if (!directories.containsKey(each.getKey().parent().orElse(each.getKey()))) {
                others.put(each.getKey(), each.getValue());
            }
        }
        return others;
    }

    /** The path of a path. */
    static Path path(FilePath path) {
        return RawPath.of(new String(path.bytes(), StandardCharsets.ISO_8859_1));
    }
}
