package org.jpledge.unveil;

/** One letter of unveil(2). */
public enum Permission {
    /** Read files, list directories. */
    READ('r', 1),
    /** Write to files, truncate them, connect to Unix sockets. */
    WRITE('w', 2),
    /** Execute files. Linux lets nobody execute what he cannot read, so this lets them be read too. */
    EXECUTE('x', 4),
    /** Create and remove names. */
    CREATE('c', 8);

    private final char letter;
    private final int bit;

    Permission(char letter, int bit) {
        this.letter = letter;
        this.bit = bit;
    }

    /**
     * The letter.
     *
     * @return r, w, x or c
     */
    public char letter() {
        return letter;
    }

    /** Its place in a set. */
    int bit() {
        return bit;
    }
}
