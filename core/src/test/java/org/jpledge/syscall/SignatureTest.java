package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SignatureTest {
    private static Signature of(Arch arch, String name) {
        return Signature.of(arch, name).orElseThrow();
    }

    private static List<String> names(Arch arch, String name) {
        return of(arch, name).parameters().stream().map(Parameter::name).toList();
    }

    private static Width width(Arch arch, String name, String argument) {
        Signature signature = of(arch, name);
        return signature
                .parameters()
                .get(signature.position(argument).orElseThrow())
                .width();
    }

    @ParameterizedTest
    @EnumSource
    void everyCallHasASignatureOfAtMostSixDistinctArguments(Arch arch) {
        for (String name : SyscallTable.of(arch).byNumber().values()) {
            Signature signature = of(arch, name);
            assertThat(signature.syscall()).isEqualTo(name);
            assertThat(signature.parameters()).hasSizeLessThanOrEqualTo(6);
            Set<String> seen = new HashSet<>();
            for (Parameter parameter : signature.parameters()) {
                assertThat(parameter.name()).as(name).matches("[a-z][a-z0-9_]*");
                assertThat(parameter.type()).as(name).matches("[a-z_][a-z0-9_ *]*");
                assertThat(seen.add(parameter.name())).as(name).isTrue();
            }
        }
    }

    /** Only what Linux has not implemented since 5.10 may be without arguments by ignorance; the rest of these have none. */
    @Test
    void theCallsWithoutArgumentsAreKnown() {
        Set<String> none = new HashSet<>();
        for (Arch arch : Arch.values()) {
            for (String name : SyscallTable.of(arch).byNumber().values()) {
                if (of(arch, name).parameters().isEmpty()) {
                    none.add(name);
                }
            }
        }
        assertThat(none)
                .containsExactlyInAnyOrder(
                        // take nothing
                        "fork",
                        "vfork",
                        "getpid",
                        "getppid",
                        "gettid",
                        "getuid",
                        "geteuid",
                        "getgid",
                        "getegid",
                        "getuid32",
                        "geteuid32",
                        "getgid32",
                        "getegid32",
                        "getpgrp",
                        "setsid",
                        "pause",
                        "sync",
                        "vhangup",
                        "munlockall",
                        "sched_yield",
                        "inotify_init",
                        "restart_syscall",
                        "sgetmask",
                        "sigreturn",
                        "rt_sigreturn",
                        "rseq_slice_yield",
                        "uprobe",
                        "uretprobe",
                        "switch_endian",
                        "breakpoint",
                        "usr26",
                        "usr32",
                        "get_tls",
                        // not implemented anywhere, or not on the architecture that has the number
                        "afs_syscall",
                        "break",
                        "create_module",
                        "epoll_ctl_old",
                        "epoll_wait_old",
                        "ftime",
                        "get_kernel_syms",
                        "getpmsg",
                        "gtty",
                        "idle",
                        "lock",
                        "mpx",
                        "multiplexer",
                        "nfsservctl",
                        "oldfstat",
                        "oldlstat",
                        "oldolduname",
                        "oldstat",
                        "prof",
                        "profil",
                        "putpmsg",
                        "query_module",
                        "readdir",
                        "security",
                        "stty",
                        "sys_debug_setcontext",
                        "timerfd",
                        "tuxcall",
                        "ulimit",
                        "vserver",
                        "ioperm",
                        "iopl",
                        "modify_ldt",
                        "vm86");
    }

    @ParameterizedTest
    @EnumSource
    void argumentsHaveTheNamesThatRulesUse(Arch arch) {
        assertThat(names(arch, "openat")).containsExactly("dirfd", "pathname", "flags", "mode");
        assertThat(names(arch, "socket")).containsExactly("family", "type", "protocol");
        assertThat(names(arch, "ioctl")).containsExactly("fd", "request", "arg");
        assertThat(names(arch, "kill")).containsExactly("pid", "sig");
        assertThat(names(arch, "tgkill")).containsExactly("tgid", "tid", "sig");
        assertThat(names(arch, "setsockopt")).containsExactly("fd", "level", "optname", "optval", "optlen");
        assertThat(names(arch, "sendto")).containsExactly("fd", "buf", "len", "flags", "addr", "addrlen");
        assertThat(names(arch, "prlimit64")).containsExactly("pid", "resource", "new_limit", "old_limit");
        assertThat(names(arch, "fchownat")).containsExactly("dirfd", "pathname", "user", "group", "flags");
        assertThat(names(arch, "mprotect")).containsExactly("start", "len", "prot");
        assertThat(names(arch, "unlinkat")).containsExactly("dirfd", "pathname", "flags");
        assertThat(names(arch, "prctl")).containsExactly("option", "arg2", "arg3", "arg4", "arg5");
        assertThat(of(arch, "clone").position("flags")).isPresent();
        String fcntl = arch.is64Bit() ? "fcntl" : "fcntl64";
        assertThat(names(arch, fcntl)).containsExactly("fd", "cmd", "arg");
    }

    @ParameterizedTest
    @CsvSource({
        "X86_64, flags stack parent_tid child_tid tls",
        "AARCH64, flags stack parent_tid tls child_tid",
        "RISCV64, flags stack parent_tid tls child_tid",
        "I386, flags stack parent_tid tls child_tid",
        "ARM, flags stack parent_tid tls child_tid",
        "PPC64LE, flags stack parent_tid tls child_tid",
        "S390X, stack flags parent_tid child_tid tls"
    })
    void cloneTakesItsArgumentsInTheOrderOfTheArchitecture(Arch arch, String order) {
        assertThat(String.join(" ", names(arch, "clone"))).isEqualTo(order);
    }

    @Test
    void onlySomeArchitecturesPassMmapItsProtectionInARegister() {
        for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64, Arch.RISCV64, Arch.PPC64LE)) {
            assertThat(names(arch, "mmap")).containsExactly("addr", "len", "prot", "flags", "fd", "offset");
        }
        for (Arch arch : List.of(Arch.I386, Arch.ARM)) {
            assertThat(names(arch, "mmap2")).containsExactly("addr", "len", "prot", "flags", "fd", "pgoffset");
        }
        assertThat(names(Arch.I386, "mmap")).containsExactly("arg");
        assertThat(names(Arch.S390X, "mmap")).containsExactly("arg");
    }

    @Test
    void thirtyTwoBitsPassAnOffsetInTwoRegisters() {
        assertThat(names(Arch.X86_64, "pread64")).containsExactly("fd", "buf", "count", "pos");
        assertThat(names(Arch.I386, "pread64")).containsExactly("fd", "buf", "count", "pos_lo", "pos_hi");
        assertThat(names(Arch.ARM, "pread64")).containsExactly("fd", "buf", "count", "unused", "pos_lo", "pos_hi");
        assertThat(names(Arch.ARM, "truncate64")).containsExactly("pathname", "unused", "length_lo", "length_hi");
        assertThat(names(Arch.ARM, "fallocate"))
                .containsExactly("fd", "mode", "offset_lo", "offset_hi", "len_lo", "len_hi");
        assertThat(names(Arch.I386, "fanotify_mark"))
                .containsExactly("fanotify_fd", "flags", "mask_lo", "mask_hi", "dirfd", "pathname");
    }

    @Test
    void callsWithOneNameMayTakeOtherArguments() {
        assertThat(names(Arch.I386, "select")).containsExactly("arg");
        assertThat(names(Arch.I386, "umount")).containsExactly("target");
        assertThat(names(Arch.X86_64, "umount2")).containsExactly("target", "flags");
        assertThat(names(Arch.I386, "sigsuspend")).containsExactly("unused1", "unused2", "mask");
        assertThat(names(Arch.ARM, "arm_sync_file_range"))
                .containsExactly("fd", "flags", "offset_lo", "offset_hi", "nbytes_lo", "nbytes_hi");
        assertThat(names(Arch.S390X, "ipc")).hasSize(5);
        assertThat(names(Arch.PPC64LE, "ipc")).hasSize(6);
    }

    @ParameterizedTest
    @CsvSource({
        "openat, dirfd, INT",
        "openat, pathname, POINTER",
        "openat, flags, INT",
        "openat, mode, USHORT",
        "close, fd, UINT",
        "ioctl, request, UINT",
        "ioctl, arg, ULONG",
        "fcntl, cmd, UINT",
        "kill, pid, INT",
        "fchownat, user, UINT",
        "socket, type, INT",
        "clock_gettime, clockid, INT",
        "mprotect, prot, ULONG",
        "mprotect, len, ULONG",
        "lseek, offset, LONG",
        "pread64, pos, LONG",
        "add_key, keyring, INT",
        "mq_notify, mqdes, INT",
        "personality, persona, UINT",
        "capget, header, POINTER",
        // Declared unsigned long, but the kernel takes the low word.
        "clone, flags, UINT",
        "readv, fd, UINT",
        "ptrace, pid, INT",
        "mbind, mode, INT"
    })
    void aWidthSaysWhatTheKernelLooksAt(String call, String argument, Width width) {
        for (Arch arch : List.of(Arch.X86_64, Arch.AARCH64, Arch.RISCV64, Arch.PPC64LE, Arch.S390X)) {
            assertThat(width(arch, call, argument)).as(arch.label()).isEqualTo(width);
        }
    }

    @Test
    void noArgumentOfA32BitArchitectureIsWider() {
        for (Arch arch : List.of(Arch.I386, Arch.ARM)) {
            for (String name : SyscallTable.of(arch).byNumber().values()) {
                for (Parameter parameter : of(arch, name).parameters()) {
                    assertThat(parameter.width().isWord()).as(name).isFalse();
                }
            }
            assertThat(of(arch, "read").parameters().get(1).isPointer()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPointerIsAWordOf64BitArchitecturesAndAWordMayBeNoPointer(Arch arch) {
        for (String name : SyscallTable.of(arch).byNumber().values()) {
            for (Parameter parameter : of(arch, name).parameters()) {
                if (parameter.width() == Width.POINTER) {
                    assertThat(parameter.isPointer()).as(name).isTrue();
                }
                if (arch.is64Bit() && parameter.isPointer()) {
                    assertThat(parameter.width()).as(name).isEqualTo(Width.POINTER);
                }
            }
        }
    }

    @Test
    void aPositionIsThatOfTheRegister() {
        Signature signature = of(Arch.X86_64, "mmap");
        assertThat(signature.position("prot")).isEqualTo(OptionalInt.of(2));
        assertThat(signature.position("prott")).isEmpty();
    }
}
