package org.jpledge.syscall;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SyscallTableTest {
    @ParameterizedTest
    @CsvSource({
        "X86_64, read, 0",
        "X86_64, open, 2",
        "X86_64, clone, 56",
        "X86_64, prctl, 157",
        "X86_64, seccomp, 317",
        "X86_64, landlock_restrict_self, 446",
        "AARCH64, openat, 56",
        "AARCH64, read, 63",
        "AARCH64, clone, 220",
        "AARCH64, mmap, 222",
        "AARCH64, seccomp, 277",
        "AARCH64, landlock_restrict_self, 446",
        "RISCV64, openat, 56",
        "RISCV64, riscv_hwprobe, 258",
        "RISCV64, riscv_flush_icache, 259",
        "I386, exit, 1",
        "I386, open, 5",
        "I386, socketcall, 102",
        "I386, mmap2, 192",
        "I386, socket, 359",
        "ARM, open, 5",
        "ARM, mmap2, 192",
        "ARM, socket, 281",
        "ARM, cacheflush, 0xF0002",
        "ARM, set_tls, 0xF0005",
        "PPC64LE, mmap, 90",
        "PPC64LE, clone, 120",
        "PPC64LE, socket, 326",
        "PPC64LE, switch_endian, 363",
        "S390X, mmap, 90",
        "S390X, clone, 120",
        "S390X, seccomp, 348",
        "S390X, socket, 359"
    })
    void aKnownNumberIsRight(Arch arch, String name, String number) {
        int expected = Integer.decode(number);
        assertThat(SyscallTable.of(arch).number(name)).isEqualTo(OptionalInt.of(expected));
        assertThat(SyscallTable.of(arch).name(expected)).contains(name);
    }

    @ParameterizedTest
    @CsvSource({
        "AARCH64, open",
        "AARCH64, fork",
        "RISCV64, renameat",
        "X86_64, mmap2",
        "X86_64, socketcall",
        "ARM, mmap",
        "S390X, recv",
        "X86_64, cacheflush"
    })
    void anArchitectureLacksWhatOthersHave(Arch arch, String name) {
        assertThat(SyscallTable.of(arch).number(name)).isEmpty();
        assertThat(Signature.of(arch, name)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void nameAndNumberLeadToEachOther(Arch arch) {
        SyscallTable table = SyscallTable.of(arch);
        assertThat(table.byNumber()).hasSizeGreaterThan(320);
        table.byNumber().forEach((number, name) -> {
            assertThat(table.number(name)).isEqualTo(OptionalInt.of(number));
            assertThat(table.name(number)).contains(name);
        });
        assertThat(table.highest()).isEqualTo(table.byNumber().lastKey());
        for (int number = -1; number <= 1024; number++) {
            assertThat(table.name(number).isPresent())
                    .isEqualTo(table.byNumber().containsKey(number));
        }
        assertThat(table.name(table.highest() + 1)).isEmpty();
        assertThat(table.name(Integer.MIN_VALUE)).isEmpty();
        assertThat(table.name(Integer.MAX_VALUE)).isEmpty();
    }

    /** From 424 on, all architectures number alike. */
    @ParameterizedTest
    @EnumSource
    void newCallsHaveTheSameNumberEverywhere(Arch arch) {
        Map<String, Integer> common = Map.of(
                "pidfd_send_signal",
                424,
                "io_uring_setup",
                425,
                "clone3",
                435,
                "openat2",
                437,
                "pidfd_getfd",
                438,
                "landlock_create_ruleset",
                444,
                "futex_waitv",
                449,
                "mseal",
                462,
                "open_tree_attr",
                467,
                "listns",
                470);
        common.forEach(
                (name, number) -> assertThat(SyscallTable.of(arch).number(name)).isEqualTo(OptionalInt.of(number)));
    }

    @Test
    void textThatIsNoNameIsNotFound() {
        SyscallTable table = SyscallTable.of(Arch.X86_64);
        for (String word :
                new String[] {"", " ", "read ", "read 0", "accept 43\tINT", "READ", "zzzz", "\n", "write\n", "ä", "_"
                }) {
            assertThat(table.number(word)).as(word).isEmpty();
        }
    }

    @Test
    void theMapCannotBeChanged() {
        Map<Integer, String> map = SyscallTable.of(Arch.X86_64).byNumber();
        assertThatThrownBy(() -> map.put(0, "write")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aMisspeltNameFindsTheOneThatWasMeant() {
        SyscallTable table = SyscallTable.of(Arch.X86_64);
        assertThat(table.nearest("opne")).contains("open");
        assertThat(table.nearest("landlock_restrict")).contains("landlock_restrict_self");
        assertThat(table.nearest("flurbleguard")).isEmpty();
    }

    /** The machine's own kernel headers, which are older than ours and know nothing that ours do not. */
    @ParameterizedTest
    @CsvSource({"X86_64, unistd_64.h", "I386, unistd_32.h"})
    void theNumbersAreThoseOfTheHostsHeaders(Arch arch, String header) throws IOException {
        Path file = Path.of("/usr/include/x86_64-linux-gnu/asm", header);
        assumeTrue(Files.isReadable(file), () -> "no " + file + " here");
        var definition = Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(Files.readString(file, UTF_8));
        int count = 0;
        for (; definition.find(); count++) {
            assertThat(SyscallTable.of(arch).number(definition.group(1)))
                    .as(definition.group())
                    .isEqualTo(OptionalInt.of(Integer.parseInt(definition.group(2))));
        }
        assertThat(count).isGreaterThan(300);
    }
}
