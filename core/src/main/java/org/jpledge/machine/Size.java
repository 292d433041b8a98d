package org.jpledge.machine;

/** How many bytes a load or a store moves. Loads fill the rest of the register with zeros. */
public enum Size {
    /** One byte. */
    BYTE(1),
    /** Two bytes. */
    HALF(2),
    /** Four bytes. */
    WORD(4),
    /** Eight bytes. */
    LONG(8);

    private final int bytes;

    Size(int bytes) {
        this.bytes = bytes;
    }

    /**
     * The width.
     *
     * @return bytes moved
     */
    public int bytes() {
        return bytes;
    }
}
