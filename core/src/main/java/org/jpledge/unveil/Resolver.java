package org.jpledge.unveil;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jpledge.landlock.FilePath;
import org.jspecify.annotations.Nullable;

/** Follows a path as the kernel does, all symbolic links included, the last name's too. */
final class Resolver {
    /** The kernel's limit of a name. */
    static final int NAME_MAX = 255;

    /** The kernel's limit of links on one way. */
    private static final int MOST_LINKS = 40;

    private static final FilePath DOT = FilePath.of(".");
    private static final FilePath DOTS = FilePath.of("..");

    private final FileTree tree;
    private final FilePath workingDirectory;
    private final Name root = new Name();

    /** The working directory, once it has been walked to. */
    private @Nullable Name start;

    Resolver(FileTree tree, FilePath workingDirectory) {
        this.tree = tree;
        this.workingDirectory = workingDirectory;
    }

    /** The root of all names that were walked through. */
    Name root() {
        return root;
    }

    /** A name still to be walked, and the link that it comes from, if it does. An empty one stands for a slash at the end. */
    private record Step(FilePath name, @Nullable FilePath link) {}

    /** Resolves an unveil's path to a file, a directory, or a missing name in a directory that there is. */
    Name resolve(Unveil unveil) {
        if (unveil.path().isAbsolute()) {
            return resolve(unveil.path(), root, unveil);
        }
        @Nullable Name from = start;
        if (from == null) {
            from = resolve(workingDirectory, root, unveil);
            if (from.kind != FileKind.DIRECTORY) {
                throw new UnveilException(new Problem.MissingDirectory(unveil.word(), workingDirectory));
            }
            start = from;
        }
        return resolve(unveil.path(), from, unveil);
    }

    private Name resolve(FilePath path, Name from, Unveil unveil) {
        Deque<Step> steps = new ArrayDeque<>();
        push(steps, path, null);
        Name at = from;
        int links = 0;
        @Nullable Step step;
        while ((step = steps.poll()) != null) {
            FilePath name = step.name();
            if (name.length() == 0 || name.equals(DOT)) {
                continue;
            }
            if (name.equals(DOTS)) {
                at = at.above;
                continue;
            }
            if (name.length() > NAME_MAX) {
                throw new UnveilException(new Problem.PathTooLong(unveil.word(), name.length()));
            }
            Name next = at.child(name);
            switch (kind(next, unveil)) {
                case DIRECTORY -> at = next;
                case SYMLINK -> {
                    if (++links > MOST_LINKS) {
                        throw new UnveilException(new Problem.TooManyLinks(unveil.word(), next.path));
                    }
                    FilePath target = target(next.path, unveil);
                    if (target.isAbsolute()) {
                        at = root;
                    }
                    push(steps, target, next.path);
                }
                case OTHER -> {
                    if (!steps.isEmpty()) {
                        throw new UnveilException(new Problem.NotADirectory(unveil.word(), next.path));
                    }
                    return next;
                }
                case MISSING -> {
                    if (!endsHere(steps)) {
                        throw new UnveilException(
                                step.link() == null
                                        ? new Problem.MissingDirectory(unveil.word(), next.path)
                                        : new Problem.DanglingLink(unveil.word(), step.link(), next.path));
                    }
                    next.link = step.link();
                    return next;
                }
            }
        }
        return at;
    }

    /** Whether nothing follows but a slash. */
    private static boolean endsHere(Deque<Step> steps) {
        for (Step step : steps) {
            if (step.name().length() != 0) {
                return false;
            }
        }
        return true;
    }

    /** Puts the names of a path in front of the others. */
    private static void push(Deque<Step> steps, FilePath path, @Nullable FilePath link) {
        int end = path.length();
        while (end > 0) {
            int start = end;
            while (start > 0 && path.at(start - 1) != '/') {
                start--;
            }
            // Of the slashes, only one at the end says something: that a directory is meant.
            if (start < end || end == path.length()) {
                steps.push(new Step(path.part(start, end), link));
            }
            end = start - 1;
        }
    }

    private FileKind kind(Name name, Unveil unveil) {
        @Nullable FileKind kind = name.kind;
        if (kind == null) {
            try {
                kind = tree.kind(name.path);
            } catch (IOException e) {
                throw unreadable(unveil, name.path, e);
            }
            name.kind = kind;
        }
        return kind;
    }

    private FilePath target(FilePath link, Unveil unveil) {
        try {
            return tree.target(link);
        } catch (IOException e) {
            throw unreadable(unveil, link, e);
        }
    }

    private static UnveilException unreadable(Unveil unveil, FilePath path, IOException cause) {
        return new UnveilException(new Problem.Unreadable(unveil.word(), path, reason(cause)));
    }

    /** The reason alone: exceptions of files begin with the path, which a message has already said. */
    static String reason(IOException cause) {
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        @Nullable String reason = cause instanceof FileSystemException about ? about.getReason() : cause.getMessage();
        return reason == null ? cause.getClass().getSimpleName() : reason;
    }
}
