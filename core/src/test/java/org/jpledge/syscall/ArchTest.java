package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchTest {
    @ParameterizedTest
    @EnumSource
    void itsLabelAndItsEnumNameMeanTheArchitecture(Arch arch) {
        assertThat(Arch.parse(arch.label())).contains(arch);
        assertThat(Arch.parse(arch.name())).contains(arch);
        assertThat(Arch.parse(arch.label().toUpperCase(Locale.ROOT))).contains(arch);
    }

    @ParameterizedTest
    @CsvSource({
        "amd64, X86_64",
        "x86_64, X86_64",
        "SCMP_ARCH_X86_64, X86_64",
        "AUDIT_ARCH_X86_64, X86_64",
        "arm64, AARCH64",
        "SCMP_ARCH_AARCH64, AARCH64",
        "SCMP_ARCH_RISCV64, RISCV64",
        "386, I386",
        "i686, I386",
        "SCMP_ARCH_X86, I386",
        "armv7l, ARM",
        "SCMP_ARCH_ARM, ARM",
        "ppc64el, PPC64LE",
        "SCMP_ARCH_PPC64LE, PPC64LE",
        "SCMP_ARCH_S390X, S390X"
    })
    void othersNamesForItAreUnderstood(String name, Arch arch) {
        assertThat(Arch.parse(name)).contains(arch);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x32", "SCMP_ARCH_X32", "ppc64", "s390", "mips", "arm64e", "SCMP_ARCH_"})
    void anotherArchitectureIsNotTakenForOneOfThese(String name) {
        assertThat(Arch.parse(name)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theAuditNumberSaysWordSizeAndByteOrder(Arch arch) {
        assertThat((arch.audit() & 0x8000_0000) != 0).isEqualTo(arch.is64Bit());
        assertThat((arch.audit() & 0x4000_0000) != 0).isEqualTo(arch.order() == ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void theHostIsTheArchitectureOfTheJvm() {
        assertThat(Arch.parse(System.getProperty("os.arch"))).contains(Arch.host());
    }
}
