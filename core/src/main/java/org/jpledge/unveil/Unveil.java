package org.jpledge.unveil;

import java.nio.charset.StandardCharsets;
import org.jpledge.landlock.FilePath;

/**
 * One call of unveil(2): a path, and what is allowed there.
 *
 * @param path as it was written, absolute or not
 * @param permissions what is allowed on it and below it
 * @param word the word of the command line that said so, for messages
 */
public record Unveil(FilePath path, Permissions permissions, String word) {
    /** How many unveils a veil takes: eight times as many as OpenBSD. */
    public static final int MOST = 1024;

    /** The kernel's limit of a path, with C's closing zero. */
    public static final int PATH_MAX = 4096;

    /**
     * Checks the path.
     *
     * @throws UnveilException if it is empty or too long
     */
    public Unveil {
        if (path.length() == 0) {
            throw new UnveilException(new Problem.EmptyPath(word));
        }
        if (path.length() >= PATH_MAX) {
            throw new UnveilException(new Problem.PathTooLong(word, path.length()));
        }
    }

    /**
     * The call as C has it.
     *
     * @param path absolute or not
     * @param permissions letters of rwxc; none hides the path
     * @return the unveil
     * @throws UnveilException if the path is empty or too long, or the permissions are none
     */
    public static Unveil of(String path, String permissions) {
        FilePath file = FilePath.of(path);
        String word = permissions + ':' + file;
        return new Unveil(file, Permissions.parse(permissions, word), word);
    }

    /**
     * Reads {@code [PERMS:]PATH}.
     *
     * @param word as in {@link #parse(byte[])}
     * @return the unveil
     * @throws UnveilException if the word is none
     */
    public static Unveil parse(String word) {
        return parse(FilePath.of(word).bytes());
    }

    /**
     * Reads {@code [PERMS:]PATH}: permissions up to the first colon, read alone where there is no colon or where a slash
     * comes before it. So {@code /run/a:b} and {@code ./a:b} are paths, {@code r:a:b} is the path {@code a:b}, {@code :a}
     * hides a; and {@code foo:bar} is an error, because f and o are no permissions: taken for a path, a slip like
     * {@code rz:/etc} would unveil something else than was meant.
     *
     * @param word the bytes of the word
     * @return the unveil
     * @throws UnveilException if permissions or path are none
     */
    public static Unveil parse(byte[] word) {
        FilePath whole = FilePath.of(word);
        String shown = whole.toString();
        int colon = whole.indexOf(':', 0);
        int slash = whole.indexOf('/', 0);
        if (colon < 0 || (slash >= 0 && slash < colon)) {
            return new Unveil(whole, Permissions.READ, shown);
        }
        String letters = new String(whole.part(0, colon).bytes(), StandardCharsets.UTF_8);
        return new Unveil(whole.part(colon + 1, whole.length()), Permissions.parse(letters, shown), shown);
    }
}
