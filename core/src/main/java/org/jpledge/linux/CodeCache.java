package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where HotSpot puts compiled code: memory that it reserved when it started, and makes executable piece by piece.
 *
 * @param low its first address
 * @param high the address after its last
 */
public record CodeCache(long low, long high) {
    private static final String TYPE = "CodeCache";
    private static final String LOW = "_low_bound";
    private static final String HIGH = "_high_bound";

    /**
     * Asks the running JVM, which describes its own structures for debuggers ({@code gHotSpotVMStructs}).
     *
     * @return empty if this JVM is not HotSpot
     */
    public static Optional<CodeCache> find() {
        Path library = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup symbols = SymbolLookup.libraryLookup(library, arena);
            long typeName = number(symbols, "gHotSpotVMStructEntryTypeNameOffset");
            long fieldName = number(symbols, "gHotSpotVMStructEntryFieldNameOffset");
            long address = number(symbols, "gHotSpotVMStructEntryAddressOffset");
            long stride = number(symbols, "gHotSpotVMStructEntryArrayStride");
            long low = 0;
            long high = 0;
            for (long entry = number(symbols, "gHotSpotVMStructs"); pointer(entry + typeName) != 0; entry += stride) {
                if (isText(pointer(entry + typeName), TYPE)) {
                    long field = pointer(entry + fieldName);
                    if (isText(field, LOW)) {
                        low = pointer(pointer(entry + address));
                    } else if (isText(field, HIGH)) {
                        high = pointer(pointer(entry + address));
                    }
                }
            }
            return low != 0 && Long.compareUnsigned(low, high) < 0
                    ? Optional.of(new CodeCache(low, high))
                    : Optional.empty();
        } catch (IllegalArgumentException | java.util.NoSuchElementException e) {
            return Optional.empty();
        }
    }

    private static long number(SymbolLookup symbols, String name) {
        return pointer(symbols.findOrThrow(name).address());
    }

    private static long pointer(long address) {
        return MemorySegment.ofAddress(address).reinterpret(Long.BYTES).get(ValueLayout.JAVA_LONG, 0);
    }

    private static boolean isText(long address, String text) {
        MemorySegment segment = MemorySegment.ofAddress(address).reinterpret(text.length() + 1L);
        for (int i = 0; i <= text.length(); i++) {
            int expected = i < text.length() ? text.charAt(i) : 0;
            if (segment.get(ValueLayout.JAVA_BYTE, i) != expected) {
                return false;
            }
        }
        return true;
    }
}
