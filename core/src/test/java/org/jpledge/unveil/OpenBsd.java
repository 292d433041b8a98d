package org.jpledge.unveil;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;

/**
 * What OpenBSD's kernel does, written down from its statements (docs/unveil.md numbers them) and not from our code. Files do
 * not change; so a directory is known by its path.
 */
final class OpenBsd {
    /** What the veil says. */
    enum Answer {
        OK,
        ENOENT,
        EACCES
    }

    /** What a path leads to: an existing file, or a name that is free. */
    record Found(FilePath path, Optional<FileType> type) {
        boolean isDirectory() {
            return type.equals(Optional.of(FileType.DIRECTORY));
        }
    }

    private static final int LINKS = 40;

    private final MemoryTree tree;
    private final FilePath workingDirectory;
    private final Map<FilePath, Permissions> directories = new HashMap<>();
    private final Map<FilePath, Permissions> names = new HashMap<>();

    OpenBsd(MemoryTree tree, FilePath workingDirectory) {
        this.tree = tree;
        this.workingDirectory = workingDirectory;
    }

    /** Statements 5, 8, 9, 18 and 24. False is ENOENT, ENOTDIR or ELOOP. */
    boolean unveil(FilePath path, Permissions permissions) {
        Optional<Found> found = lookup(path, true);
        if (found.isEmpty()) {
            return false;
        }
        (found.get().isDirectory() ? directories : names).put(found.get().path(), permissions);
        return true;
    }

    /** Follows a path; intermediate directories need no unveil (16). Empty where something on the way is missing or no directory. */
    Optional<Found> lookup(FilePath path, boolean follow) {
        return lookup(path.isAbsolute() ? FilePath.ROOT : workingDirectory, path.toString(), follow, LINKS);
    }

    private Optional<Found> lookup(FilePath from, String path, boolean follow, int links) {
        FilePath at = from;
        String rest = path;
        while (true) {
            while (rest.startsWith("/")) {
                rest = rest.substring(1);
            }
            int slash = rest.indexOf('/');
            String name = slash < 0 ? rest : rest.substring(0, slash);
            rest = slash < 0 ? "" : rest.substring(slash);
            boolean last = rest.isEmpty();
            if (name.isEmpty()) {
                return Optional.of(new Found(at, Optional.of(FileType.DIRECTORY)));
            }
            if (name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                at = at.parent().orElse(FilePath.ROOT);
                continue;
            }
            FilePath next = at.child(FilePath.of(name));
            Optional<MemoryTree.Entry> entry = tree.entry(next);
            if (entry.isEmpty()) {
                return rest.replace("/", "").isEmpty()
                        ? Optional.of(new Found(next, Optional.empty()))
                        : Optional.empty();
            }
            FileType type = entry.get().type();
            if (type == FileType.SYMLINK && (!last || follow)) {
                if (links == 0) {
                    return Optional.empty();
                }
                String target = entry.get().target();
                FilePath base = target.startsWith("/") ? FilePath.ROOT : at;
                return lookup(base, target + rest, follow, links - 1);
            }
            if (last) {
                return Optional.of(new Found(next, Optional.of(type)));
            }
            if (type != FileType.DIRECTORY) {
                return Optional.empty();
            }
            at = next;
        }
    }

    /** Statements 12 and 13: the flags that count for a file, a directory or a free name. Empty if nothing speaks about it. */
    Optional<Permissions> flags(Found found) {
        if (!found.isDirectory() && names.containsKey(found.path())) {
            return Optional.of(names.get(found.path()));
        }
        Optional<FilePath> at =
                found.isDirectory() ? Optional.of(found.path()) : found.path().parent();
        while (at.isPresent()) {
            if (directories.containsKey(at.get())) {
                return Optional.of(directories.get(at.get()));
            }
            at = at.get().parent();
        }
        return Optional.empty();
    }

    /** Statement 14. */
    private Answer check(Found found, Permissions needed) {
        Optional<Permissions> flags = flags(found);
        if (flags.isEmpty() || (flags.get().isEmpty() && !names.containsKey(found.path()))) {
            return Answer.ENOENT;
        }
        return flags.get().hasAll(needed) ? Answer.OK : Answer.EACCES;
    }

    /** Statement 11, what the (old) path needs. */
    static Permissions needed(Operation operation) {
        Operation.Flags flags = operation.flags();
        return Permissions.parse(
                switch (operation.call()) {
                    case OPEN -> (flags.read() ? "r" : "") + (flags.write() ? "w" : "") + (flags.create() ? "c" : "");
                    case STAT, LSTAT, READLINK, CHDIR, LIST, ACCESS_READ, LINK -> "r";
                    case ACCESS_WRITE -> "rw";
                    case CHMOD, TRUNCATE, CONNECT -> "w";
                    case UNLINK, RMDIR, MKDIR, MKFIFO, MKNOD, SYMLINK, BIND -> "c";
                    case RENAME -> "rc";
                    case EXECUTE -> "x";
                });
    }

    /** Statement 11. Both paths must lead somewhere. */
    Answer check(Operation operation) {
        boolean follows = operation.call().follows();
        Answer first = check(lookup(operation.path(), follows).orElseThrow(), needed(operation));
        if (first != Answer.OK
                || !(operation.call() == Operation.Call.LINK || operation.call() == Operation.Call.RENAME)) {
            return first;
        }
        return check(lookup(operation.second(), false).orElseThrow(), Permissions.parse("c"));
    }
}
