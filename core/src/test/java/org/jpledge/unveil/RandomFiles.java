package org.jpledge.unveil;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;

/** Random trees, unveils and operations, from a seed. */
final class RandomFiles {
    private static final String[] NAMES = {"a", "b", "c", "d"};
    private static final FileType[] FILES = {
        FileType.REGULAR, FileType.REGULAR, FileType.REGULAR, FileType.FIFO, FileType.SOCKET
    };

    private final Random random;
    private final String base;

    /** Trees below a directory that is there; empty for the root. */
    RandomFiles(Random random, String base) {
        this.random = random;
        this.base = base;
    }

    MemoryTree tree() {
        MemoryTree tree = new MemoryTree();
        List<String> directories = new ArrayList<>(List.of(base));
        if (!base.isEmpty()) {
            tree.add(base, FileType.DIRECTORY);
        }
        for (int i = 3 + random.nextInt(14); i > 0; i--) {
            String path = pick(directories) + "/" + pick(NAMES);
            if (tree.entry(FilePath.of(path)).isPresent()) {
                continue;
            }
            int kind = random.nextInt(10);
            if (kind < 5 && path.length() - base.length() < 10) {
                tree.add(path, FileType.DIRECTORY);
                directories.add(path);
            } else if (kind < 6) {
                tree.link(path, target(tree));
            } else {
                tree.add(path, pick(FILES));
            }
        }
        return tree;
    }

    private String target(MemoryTree tree) {
        return random.nextInt(3) == 0 ? "../" + pick(NAMES) : spelled(existing(tree));
    }

    List<Unveil> unveils(MemoryTree tree) {
        List<Unveil> unveils = new ArrayList<>();
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            FilePath path = random.nextInt(6) == 0 ? anyName(tree) : existing(tree);
            String letters = new Permissions(random.nextInt(16)).toString();
            if (random.nextInt(3) == 0) {
                letters = "rwxc".substring(0, 1 + random.nextInt(4));
            }
            if (random.nextInt(5) == 0) {
                letters = "";
            }
            if (random.nextInt(20) == 0) {
                path = path.child(FilePath.of("new"));
            }
            unveils.add(Unveil.of(spelled(path), letters));
        }
        return unveils;
    }

    /** A layer that no veil would make. */
    Ruleset layer(MemoryTree tree) {
        List<PathRule> rules = new ArrayList<>();
        if (random.nextBoolean()) {
            rules.add(new PathRule(FilePath.of(base), true, Meaning.CPATH, PathRule.Presence.REQUIRED));
        }
        for (int i = random.nextInt(5); i > 0; i--) {
            FilePath path = existing(tree);
            FileType type = tree.entry(path).orElseThrow().type();
            Rights<FsRight> rights = new Rights<>(random.nextLong() & Ruleset.ALL_FS.bits());
            if (random.nextInt(3) != 0) {
                rights = rights.plus(Meaning.CPATH);
            }
            if (type != FileType.DIRECTORY) {
                rights = rights.and(FsRight.ON_FILES);
            }
            if (!rights.isEmpty() && type != FileType.SYMLINK) {
                rules.add(new PathRule(path, type == FileType.DIRECTORY, rights, PathRule.Presence.REQUIRED));
            }
        }
        return Ruleset.ofPaths(rules);
    }

    /** An operation that can succeed where nothing forbids it; empty if the dice did not fall so. */
    Optional<Operation> operation(MemoryTree tree, OpenBsd kernel) {
        return operation(tree, kernel, pick(Operation.Call.values()));
    }

    /** The same for one call. */
    Optional<Operation> operation(MemoryTree tree, OpenBsd kernel, Operation.Call call) {
        FilePath path = random.nextInt(3) == 0 ? anyName(tree) : existing(tree);
        FilePath second = random.nextInt(3) == 0 ? existing(tree) : anyName(tree);
        Operation.Flags flags = Operation.Flags.NONE;
        if (call == Operation.Call.OPEN) {
            boolean write = random.nextInt(3) != 0;
            boolean create = random.nextInt(3) == 0;
            flags = new Operation.Flags(!write || random.nextBoolean(), write, create, write && random.nextInt(3) == 0);
        }
        Operation operation = new Operation(call, path, second, flags);
        Optional<OpenBsd.Found> found = kernel.lookup(path, call.follows());
        Optional<OpenBsd.Found> target = kernel.lookup(second, false);
        if (found.isEmpty() || target.isEmpty() || found.get().path().equals(FilePath.ROOT)) {
            return Optional.empty();
        }
        return isPossible(operation, found.get(), target.get()) ? Optional.of(operation) : Optional.empty();
    }

    private boolean isPossible(Operation operation, OpenBsd.Found found, OpenBsd.Found second) {
        Optional<FileType> type = found.type();
        boolean isFile = type.isPresent() && type.get() != FileType.DIRECTORY && type.get() != FileType.SYMLINK;
        return switch (operation.call()) {
            case OPEN ->
                type.isEmpty()
                        ? operation.flags().create()
                        : type.get() == FileType.REGULAR || (isFile && isPlain(operation));
            case TRUNCATE, EXECUTE -> type.equals(Optional.of(FileType.REGULAR));
            case LIST, CHDIR, RMDIR -> found.isDirectory();
            case CONNECT -> type.equals(Optional.of(FileType.SOCKET));
            case STAT, LSTAT, ACCESS_READ, ACCESS_WRITE, CHMOD -> type.isPresent();
            case READLINK -> type.equals(Optional.of(FileType.SYMLINK));
            case UNLINK -> type.isPresent() && !found.isDirectory();
            case MKDIR, MKFIFO, MKNOD, SYMLINK, BIND -> type.isEmpty();
            case LINK -> isFile && second.type().isEmpty();
            case RENAME ->
                type.isPresent()
                        && found.path().length() > base.length()
                        && !second.path().equals(found.path())
                        && !second.path().isBelow(found.path())
                        && !found.path().isBelow(second.path())
                        && (second.type().isEmpty() || second.isDirectory() == found.isDirectory());
        };
    }

    private static boolean isPlain(Operation operation) {
        return !operation.flags().truncate() && !operation.flags().create();
    }

    private FilePath existing(MemoryTree tree) {
        List<FilePath> paths = new ArrayList<>();
        for (FilePath path : tree.entries().keySet()) {
            if (path.length() >= Math.max(1, base.length())) {
                paths.add(path);
            }
        }
        return pick(paths);
    }

    /** A name in some directory, there or not. */
    private FilePath anyName(MemoryTree tree) {
        FilePath path = existing(tree);
        return path.child(FilePath.of(pick(new String[] {"a", "b", "c", "d", "new"})));
    }

    /** The same path, sometimes in another way. */
    private String spelled(FilePath path) {
        String text = path.toString();
        return switch (random.nextInt(8)) {
            case 0 -> text.replace("/", "//");
            case 1 -> "/." + text;
            default -> text;
        };
    }

    private <T> T pick(T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    private <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
