package org.jpledge.unveil;

/**
 * A set of permissions.
 *
 * @param bits a bit for each: 1 read, 2 write, 4 execute, 8 create
 */
public record Permissions(int bits) {
    /** What hides a path. */
    public static final Permissions NONE = new Permissions(0);

    /** What unveils a path without saying for what. */
    public static final Permissions READ = new Permissions(1);

    /** All four. */
    public static final Permissions ALL = new Permissions(15);

    /** OpenBSD's limit. */
    private static final int MOST_LETTERS = 4;

    /** Checks that there is no other bit. */
    public Permissions {
        if ((bits & ~15) != 0) {
            throw new IllegalArgumentException("permissions have four bits: " + bits);
        }
    }

    /**
     * Reads letters as unveil(2) does: r, w, x and c, in any order, also twice; four at the most; none hides the path.
     *
     * @param letters the letters
     * @return the set
     * @throws UnveilException if there is another letter, or a fifth
     */
    public static Permissions parse(String letters) {
        return parse(letters, letters);
    }

    /** Reads the letters that are a part of a word. */
    static Permissions parse(String letters, String word) {
        int bits = 0;
        for (int i = 0; i < letters.length(); i++) {
            int bit = bit(letters.charAt(i));
            if (bit == 0) {
                throw new UnveilException(new Problem.UnknownPermission(word, letters.codePointAt(i)));
            }
            bits |= bit;
        }
        if (letters.length() > MOST_LETTERS) {
            throw new UnveilException(new Problem.TooManyLetters(word, letters.length()));
        }
        return new Permissions(bits);
    }

    private static int bit(char letter) {
        for (Permission permission : Permission.values()) {
            if (permission.letter() == letter) {
                return permission.bit();
            }
        }
        return 0;
    }

    /**
     * Asks for one.
     *
     * @param permission the permission
     * @return whether it is here
     */
    public boolean has(Permission permission) {
        return (bits & permission.bit()) != 0;
    }

    /**
     * Asks for several.
     *
     * @param others the permissions
     * @return whether they are all here
     */
    public boolean hasAll(Permissions others) {
        return (others.bits & ~bits) == 0;
    }

    /**
     * Keeps what others have too.
     *
     * @param others the others
     * @return the intersection
     */
    public Permissions and(Permissions others) {
        return new Permissions(bits & others.bits);
    }

    /**
     * Removes others.
     *
     * @param others the others
     * @return the difference
     */
    public Permissions minus(Permissions others) {
        return new Permissions(bits & ~others.bits);
    }

    /**
     * Asks whether there is any.
     *
     * @return whether there is none
     */
    public boolean isEmpty() {
        return bits == 0;
    }

    /**
     * The letters.
     *
     * @return in the order rwxc
     */
    @Override
    public String toString() {
        StringBuilder letters = new StringBuilder(MOST_LETTERS);
        for (Permission permission : Permission.values()) {
            if (has(permission)) {
                letters.append(permission.letter());
            }
        }
        return letters.toString();
    }
}
