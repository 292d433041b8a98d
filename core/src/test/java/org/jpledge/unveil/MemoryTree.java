package org.jpledge.unveil;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;

/** A file system that is nowhere. */
public final class MemoryTree implements FileTree {
    /** Something with a name. The target is empty but for symbolic links. */
    record Entry(FileType type, String target) {}

    private final SortedMap<FilePath, Entry> entries = new TreeMap<>();
    private final Set<FilePath> unlistable = new HashSet<>();
    private final Set<FilePath> unsearchable = new HashSet<>();
    private final Set<FilePath> unseen = new HashSet<>();

    MemoryTree() {
        entries.put(FilePath.ROOT, new Entry(FileType.DIRECTORY, ""));
    }

    /** Makes directories, by paths that end in a slash, and files; all directories on the way too. */
    public static MemoryTree of(String... paths) {
        MemoryTree tree = new MemoryTree();
        for (String path : paths) {
            boolean directory = path.endsWith("/");
            String name = directory ? path.substring(0, path.length() - 1) : path;
            tree.add(name, directory ? FileType.DIRECTORY : FileType.REGULAR);
        }
        return tree;
    }

    public MemoryTree add(String path, FileType type) {
        FilePath file = FilePath.of(path);
        Optional<FilePath> above = file.parent();
        while (above.isPresent()) {
            entries.putIfAbsent(above.get(), new Entry(FileType.DIRECTORY, ""));
            above = above.get().parent();
        }
        entries.put(file, new Entry(type, ""));
        return this;
    }

    public MemoryTree link(String path, String target) {
        add(path, FileType.SYMLINK);
        entries.put(FilePath.of(path), new Entry(FileType.SYMLINK, target));
        return this;
    }

    /** A directory that can be walked through, but not listed. */
    public MemoryTree unlistable(String directory) {
        unlistable.add(FilePath.of(directory));
        return this;
    }

    /** A directory in which nothing can be looked at. */
    MemoryTree unsearchable(String directory) {
        unsearchable.add(FilePath.of(directory));
        return this;
    }

    /** A name that is listed and cannot be looked at, as a mount of another user's. */
    public MemoryTree unseen(String path) {
        add(path, FileType.DIRECTORY);
        unseen.add(FilePath.of(path));
        return this;
    }

    SortedMap<FilePath, Entry> entries() {
        return entries;
    }

    Optional<Entry> entry(FilePath path) {
        return Optional.ofNullable(entries.get(path));
    }

    @Override
    public FileKind kind(FilePath path) throws IOException {
        Optional<FilePath> above = path.parent();
        if (unseen.contains(path) || (above.isPresent() && unsearchable.contains(above.get()))) {
            throw new AccessDeniedException(path.toString());
        }
        Entry entry = entries.get(path);
        if (entry == null) {
            return FileKind.MISSING;
        }
        return switch (entry.type()) {
            case DIRECTORY -> FileKind.DIRECTORY;
            case SYMLINK -> FileKind.SYMLINK;
            default -> FileKind.OTHER;
        };
    }

    @Override
    public FilePath target(FilePath link) {
        return FilePath.of(entry(link).orElseThrow().target());
    }

    @Override
    public List<FilePath> names(FilePath directory) throws IOException {
        if (unlistable.contains(directory)) {
            throw new AccessDeniedException(directory.toString());
        }
        List<FilePath> names = new ArrayList<>();
        for (Map.Entry<FilePath, Entry> entry : entries.entrySet()) {
            if (entry.getKey().parent().equals(Optional.of(directory))) {
                names.add(entry.getKey().name());
            }
        }
        return names;
    }
}
