package org.jpledge.launch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Where both filters are in the launcher's data: first the {@code struct sock_fprog} of each, then, from the launcher's
 * first steps on, the instructions of the exact one, then those of the loader's.
 *
 * <p>The file has the instructions packed ({@link Packing}), and for that in columns: first the first byte of each
 * instruction, then the second of each, and so on. Most columns are zeros, or few different values. A jump is counted
 * there from the filter's end, where the returns are: so what leads to the same one looks the same, in both filters.
 */
record FilterPlaces(FilterImage loader, FilterImage exact) {
    /** {@code struct sock_fprog} of a 64-bit architecture: length, padding, pointer. */
    static final int HEADER = 16;

    private static final int INSTRUCTIONS = 2 * HEADER;
    private static final int INSTRUCTION = 8;
    private static final int JUMP_TRUE = 2;
    private static final int JUMP_FALSE = 3;
    private static final int CONSTANT = 4;

    /** The initialized data: both structures. The pointer of the exact one is set when it is copied to the program. */
    byte[] data() {
        ByteBuffer data = ByteBuffer.allocate(INSTRUCTIONS).order(ByteOrder.LITTLE_ENDIAN);
        data.putShort((short) loader.program().length());
        data.position(Long.BYTES).putLong(ElfImage.dataAddress(loaderOffset()));
        data.putShort((short) exact.program().length());
        return data.array();
    }

    /** All the data, in bytes. */
    int size() {
        return loaderOffset() + INSTRUCTION * loader.program().length();
    }

    /** Where they end up. */
    long instructions() {
        return ElfImage.dataAddress(INSTRUCTIONS);
    }

    /** The columns of both filters. */
    byte[] columns() {
        byte[] columns = new byte[columnsSize()];
        columns(exact.program().encode(ByteOrder.LITTLE_ENDIAN), columns, 0);
        columns(loader.program().encode(ByteOrder.LITTLE_ENDIAN), columns, INSTRUCTION * exactLength());
        return columns;
    }

    private static void columns(byte[] bytes, byte[] columns, int offset) {
        int count = bytes.length / INSTRUCTION;
        int to = offset;
        for (int column = 0; column < INSTRUCTION; column++) {
            boolean jumps = column == JUMP_TRUE || column == JUMP_FALSE;
            int fromEnd = count;
            for (int at = column; at < bytes.length; at += INSTRUCTION) {
                byte value = bytes[at];
                if (jumps && value != 0) {
                    byte counted = (byte) (fromEnd - value);
                    // No jump may become 0, which stays what it is: this one keeps a value that no other one gets.
                    value = counted != 0 ? counted : value;
                }
                columns[to++] = value;
                fromEnd--;
            }
        }
    }

    /** How many bytes the columns have. */
    int columnsSize() {
        return INSTRUCTION * (exactLength() + loaderLength());
    }

    int exactLength() {
        return exact.program().length();
    }

    int loaderLength() {
        return loader.program().length();
    }

    long loaderProgram() {
        return ElfImage.dataAddress(0);
    }

    long exactProgram() {
        return ElfImage.dataAddress(HEADER);
    }

    /** The structure of the exact filter, and its instructions behind it. */
    int exactSize() {
        return HEADER + INSTRUCTION * exact.program().length();
    }

    private int loaderOffset() {
        return INSTRUCTIONS + INSTRUCTION * exact.program().length();
    }

    /** The addresses of the 32-bit constants that become a credential. */
    List<Long> places(Credential credential) {
        List<Long> places = new ArrayList<>();
        add(places, exact, INSTRUCTIONS, credential);
        add(places, loader, loaderOffset(), credential);
        return places;
    }

    private static void add(List<Long> places, FilterImage filter, int offset, Credential credential) {
        for (FilterImage.Patch patch : filter.patches()) {
            if (patch.credential() == credential) {
                places.add(ElfImage.dataAddress(offset + INSTRUCTION * patch.instruction() + CONSTANT));
            }
        }
    }
}
