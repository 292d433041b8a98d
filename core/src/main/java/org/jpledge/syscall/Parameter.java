package org.jpledge.syscall;

/**
 * One parameter of a system call.
 *
 * @param name as in the kernel or in the manual page, such as {@code prot}
 * @param type as the kernel declares it, such as {@code const char *}
 * @param width how much of the register counts
 */
public record Parameter(String name, String type, Width width) {
    /**
     * Whether the argument is the address of something, which a filter can only compare with null.
     *
     * @return true for a pointer
     */
    public boolean isPointer() {
        return type.endsWith("*") || width == Width.POINTER;
    }
}
