package org.jpledge.syscall;

import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;

/** A processor architecture as seccomp tells them apart: instruction set, word size and byte order. */
public enum Arch {
    /** 64-bit x86; the x32 numbers are not part of it. */
    X86_64(0xC000003E, ByteOrder.LITTLE_ENDIAN, true, "x86-64"),
    /** 64-bit ARM. */
    AARCH64(0xC00000B7, ByteOrder.LITTLE_ENDIAN, true, "aarch64"),
    /** 64-bit RISC-V. */
    RISCV64(0xC00000F3, ByteOrder.LITTLE_ENDIAN, true, "riscv64"),
    /** 32-bit x86. */
    I386(0x40000003, ByteOrder.LITTLE_ENDIAN, false, "i386"),
    /** 32-bit ARM with the EABI. */
    ARM(0x40000028, ByteOrder.LITTLE_ENDIAN, false, "arm"),
    /** 64-bit PowerPC, little-endian. */
    PPC64LE(0xC0000015, ByteOrder.LITTLE_ENDIAN, true, "ppc64le"),
    /** 64-bit IBM Z. */
    S390X(0x80000016, ByteOrder.BIG_ENDIAN, true, "s390x");

    private final int audit;
    private final ByteOrder order;
    private final boolean is64Bit;
    private final String label;

    Arch(int audit, ByteOrder order, boolean is64Bit, String label) {
        this.audit = audit;
        this.order = order;
        this.is64Bit = is64Bit;
        this.label = label;
    }

    /**
     * The kernel's AUDIT_ARCH number, which a filter finds in {@code seccomp_data.arch}.
     *
     * @return the number
     */
    public int audit() {
        return audit;
    }

    /**
     * The order of bytes in memory, and so in a filter program's encoding.
     *
     * @return the order
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * Whether registers, and so system call arguments, have 64 bits.
     *
     * @return false for 32 bits
     */
    public boolean is64Bit() {
        return is64Bit;
    }

    /**
     * The name people read and write.
     *
     * @return x86-64, aarch64, …
     */
    public String label() {
        return label;
    }

    /**
     * The architecture that this JVM runs on.
     *
     * @return the architecture
     * @throws UnsupportedOperationException on any other
     */
    public static Arch host() {
        String name = System.getProperty("os.arch", "");
        Optional<Arch> arch = parse(name);
        if (arch.isEmpty()) {
            throw new UnsupportedOperationException("unsupported architecture: " + name);
        }
        return arch.get();
    }

    /**
     * The architecture that a name means: the label, or what uname(1), Go, Debian, OCI ({@code SCMP_ARCH_…}), the kernel ({@code AUDIT_ARCH_…}) or a JVM call it.
     *
     * @param name in any case
     * @return empty for another architecture
     */
    public static Optional<Arch> parse(String name) {
        String word = name.toLowerCase(Locale.ROOT).replace('_', '-');
        if (word.startsWith("scmp-arch-") || word.startsWith("audit-arch-")) {
            word = word.substring(word.indexOf("arch-") + "arch-".length());
        }
        return Optional.ofNullable(
                switch (word) {
                    case "x86-64", "amd64", "x64" -> X86_64;
                    case "aarch64", "arm64" -> AARCH64;
                    case "riscv64" -> RISCV64;
                    case "i386", "i486", "i586", "i686", "386", "x86", "x86-32", "ia32" -> I386;
                    case "arm", "armhf", "armel", "armv5l", "armv6l", "armv7l", "armv8l", "arm32" -> ARM;
                    case "ppc64le", "ppc64el", "powerpc64le" -> PPC64LE;
                    case "s390x" -> S390X;
                    default -> null;
                });
    }
}
