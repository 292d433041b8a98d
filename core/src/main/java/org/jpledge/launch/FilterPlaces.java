package org.jpledge.launch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Both filters in the launcher's initialized data, each behind its {@code struct sock_fprog}.
 *
 * @param data the bytes
 * @param exactOffset where the second one begins
 */
record FilterPlaces(byte[] data, int exactOffset, FilterImage loader, FilterImage exact) {
    /** {@code struct sock_fprog} of a 64-bit architecture: length, padding, pointer. */
    static final int HEADER = 16;

    private static final int INSTRUCTION = 8;
    private static final int CONSTANT = 4;

    static FilterPlaces of(FilterImage loader, FilterImage exact) {
        int exactOffset = HEADER + INSTRUCTION * loader.program().length();
        ByteBuffer data = ByteBuffer.allocate(
                        exactOffset + HEADER + INSTRUCTION * exact.program().length())
                .order(ByteOrder.LITTLE_ENDIAN);
        put(data, loader, ElfImage.dataAddress(HEADER));
        // The second one is copied into the program, next to its instructions; the pointer is set there.
        put(data, exact, 0);
        return new FilterPlaces(data.array(), exactOffset, loader, exact);
    }

    private static void put(ByteBuffer data, FilterImage filter, long instructions) {
        data.putShort((short) filter.program().length());
        data.putShort((short) 0).putInt(0).putLong(instructions);
        data.put(filter.program().encode(ByteOrder.LITTLE_ENDIAN));
    }

    long loaderProgram() {
        return ElfImage.dataAddress(0);
    }

    long exactProgram() {
        return ElfImage.dataAddress(exactOffset);
    }

    int exactSize() {
        return data.length - exactOffset;
    }

    /** The addresses of the 32-bit constants that become a credential. */
    List<Long> places(Credential credential) {
        List<Long> places = new ArrayList<>();
        add(places, loader, HEADER, credential);
        add(places, exact, exactOffset + HEADER, credential);
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
