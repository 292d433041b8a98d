package org.jpledge.launch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Where both filters are in the launcher's data: first the {@code struct sock_fprog} of each, then, from the launcher's
 * first steps on, the instructions of the exact one, then those of the loader's.
 *
 * <p>Half the bytes of a filter are zeros. The file has the instructions without them: for every eight bytes one that
 * says which of them are not zero, lowest bit first, and then these.
 */
record FilterPlaces(FilterImage loader, FilterImage exact) {
    /** {@code struct sock_fprog} of a 64-bit architecture: length, padding, pointer. */
    static final int HEADER = 16;

    private static final int INSTRUCTIONS = 2 * HEADER;
    private static final int INSTRUCTION = 8;
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

    /** How many instructions there are to unpack. */
    int count() {
        return exact.program().length() + loader.program().length();
    }

    /** Where they are unpacked to. */
    long instructions() {
        return ElfImage.dataAddress(INSTRUCTIONS);
    }

    /** All instructions, without the zeros. */
    byte[] packed() {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        pack(exact.program().encode(ByteOrder.LITTLE_ENDIAN), packed);
        pack(loader.program().encode(ByteOrder.LITTLE_ENDIAN), packed);
        return packed.toByteArray();
    }

    private static void pack(byte[] bytes, ByteArrayOutputStream packed) {
        for (int at = 0; at < bytes.length; at += INSTRUCTION) {
            int mask = 0;
            for (int i = 0; i < INSTRUCTION; i++) {
                mask |= bytes[at + i] != 0 ? 1 << i : 0;
            }
            packed.write(mask);
            for (int i = 0; i < INSTRUCTION; i++) {
                if (bytes[at + i] != 0) {
                    packed.write(bytes[at + i]);
                }
            }
        }
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
