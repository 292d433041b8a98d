package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.WholeFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OciTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Imported read(String text, Arch... arches) throws ImportException {
        return PolicySource.read(
                text.replace('\'', '"').getBytes(StandardCharsets.UTF_8),
                ImportSettings.of(arches.length == 0 ? new Arch[] {Arch.X86_64} : arches));
    }

    private static Filter filter(String text, Arch... arches) throws ImportException {
        return read(text, arches).filter("");
    }

    private static Action decide(Filter filter, String call, long... args) {
        return decide(filter, Arch.X86_64, call, args);
    }

    private static Action decide(Filter filter, Arch arch, String call, long... args) {
        int number = SyscallTable.of(arch).number(call).orElseThrow();
        return filter.decide(SeccompData.of(number, arch.audit(), args), new Identity(1, 0, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "X86_64, amd64, false",
        "X86_64, amd64, true",
        "AARCH64, arm64, false",
        "AARCH64, arm64, true",
        "S390X, s390x, false",
        "S390X, s390x, true",
        "RISCV64, riscv64, false",
        "PPC64LE, ppc64le, false"
    })
    void dockersProfileDoesWhatItsRulesSay(Arch arch, String goName, boolean administrator)
            throws IOException, ImportException {
        String json = SharedData.text("docker-default.json");
        Set<String> capabilities = administrator ? Set.of("CAP_SYS_ADMIN", "CAP_SYS_CHROOT") : Set.of();
        Imported imported = PolicySource.read(
                json.getBytes(StandardCharsets.UTF_8), ImportSettings.of(arch).withCapabilities(capabilities));
        DirectReading reading = DirectReading.ofOci(json, arch, Set.of(goName), capabilities);
        String figures = Agreement.check(imported.filter(""), arch, reading);
        System.out.println("Docker's default profile" + (administrator ? " with CAP_SYS_ADMIN" : "") + ", " + figures);
        if (arch == Arch.PPC64LE) {
            assertThat(imported.remarks())
                    .containsExactly("the profile does not name ppc64le; its rules are taken as they are");
        } else {
            assertThat(imported.remarks()).isEmpty();
        }
    }

    /** What it costs; times are measured by benchmarks/run filters. */
    @Test
    void dockersProfileIsAShortProgram() throws IOException, ImportException {
        Program program =
                Compiler.compile(filter(SharedData.text("docker-default.json"))).program();
        assertThat(program.length()).isLessThanOrEqualTo(84);
        SyscallTable table = SyscallTable.of(Arch.X86_64);
        int audit = Arch.X86_64.audit();
        assertThat(table.byNumber().keySet())
                .filteredOn(number -> ActionCache.allows(program, audit, number))
                .hasSizeGreaterThanOrEqualTo(305);
        SeccompData socket = SeccompData.of(table.number("socket").orElseThrow(), audit, 2, 1, 0);
        assertThat(new Interpreter(program).run(socket, Arch.X86_64.order()).executed())
                .isLessThanOrEqualTo(12);
    }

    @Test
    void theOrderOfClonesArgumentsOnS390xIsTheirs() throws IOException, ImportException {
        Filter filter = filter(SharedData.text("docker-default.json"), Arch.S390X);
        long newUser = 0x10000000;
        assertThat(decide(filter, Arch.S390X, "clone", newUser, 0)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, Arch.S390X, "clone", 0, newUser)).isEqualTo(EPERM);
        Filter other = filter(SharedData.text("docker-default.json"));
        assertThat(decide(other, "clone", newUser, 0)).isEqualTo(EPERM);
        assertThat(decide(other, "clone", 0, newUser)).isEqualTo(Action.ALLOW);
    }

    @Test
    void theOtherArchitectureOfAMachineGetsTheMachinesRules() throws IOException, ImportException {
        Filter filter = filter(SharedData.text("docker-default.json"), Arch.X86_64, Arch.I386);
        // Only "amd64" and "x86" include these, and Docker asks that of the machine.
        assertThat(decide(filter, Arch.I386, "arch_prctl")).isEqualTo(Action.ALLOW);
        assertThat(decide(filter(SharedData.text("docker-default.json"), Arch.I386), Arch.I386, "arch_prctl"))
                .isEqualTo(EPERM);
    }

    @Test
    void aRuleWithFewerConditionsHoldsBeforeOneWithMore() throws ImportException {
        Filter filter = filter("""
            {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [
             {'names': ['socket'], 'action': 'SCMP_ACT_KILL', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 16}]},
             {'names': ['socket'], 'action': 'SCMP_ACT_ALLOW'}]}\
            """);
        assertThat(decide(filter, "socket", 16)).isEqualTo(Action.ALLOW);
        assertThat(read("""
            {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [
             {'names': ['socket'], 'action': 'SCMP_ACT_KILL', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 16}]},
             {'names': ['socket'], 'action': 'SCMP_ACT_ALLOW'}]}\
            """).remarks())
                .containsExactly("socket(family:64 == 0x10) -> kill-thread: a rule about the same call with fewer"
                        + " conditions holds instead");
    }

    @Test
    void twoConditionsOnOneArgumentAreTwoRules() throws ImportException {
        Filter filter = filter("""
            {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['fcntl'], 'action': 'SCMP_ACT_ALLOW', 'args': [
             {'index': 1, 'op': 'SCMP_CMP_EQ', 'value': 1}, {'index': 1, 'op': 'SCMP_CMP_EQ', 'value': 3},
             {'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 9}]}]}\
            """);
        assertThat(decide(filter, "fcntl", 5, 1)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "fcntl", 5, 3)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "fcntl", 9, 2)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "fcntl", 5, 2)).isEqualTo(EPERM);
    }

    @Test
    void allActionsAndTheirNumbersAreRead() throws ImportException {
        Filter filter = filter("""
            {'defaultAction': 'SCMP_ACT_TRACE', 'defaultErrnoRet': 70, 'syscalls': [
             {'name': 'read', 'action': 'SCMP_ACT_ALLOW'},
             {'name': 'write', 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 5},
             {'name': 'open', 'action': 'SCMP_ACT_ERRNO'},
             {'name': 'close', 'action': 'SCMP_ACT_KILL'},
             {'name': 'stat', 'action': 'SCMP_ACT_KILL_THREAD'},
             {'name': 'fstat', 'action': 'SCMP_ACT_KILL_PROCESS'},
             {'name': 'lstat', 'action': 'SCMP_ACT_TRAP'},
             {'name': 'poll', 'action': 'SCMP_ACT_LOG'},
             {'name': 'lseek', 'action': 'SCMP_ACT_NOTIFY'},
             {'name': 'mmap', 'action': 'SCMP_ACT_TRACE', 'errnoRet': 71}]}\
            """);
        assertThat(decide(filter, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "write")).isEqualTo(new Action.Errno(5));
        assertThat(decide(filter, "open")).isEqualTo(EPERM);
        assertThat(decide(filter, "close")).isEqualTo(Action.KILL_THREAD);
        assertThat(decide(filter, "stat")).isEqualTo(Action.KILL_THREAD);
        assertThat(decide(filter, "fstat")).isEqualTo(Action.KILL_PROCESS);
        assertThat(decide(filter, "lstat")).isEqualTo(new Action.Trap(0));
        assertThat(decide(filter, "poll")).isEqualTo(Action.LOG);
        assertThat(decide(filter, "lseek")).isEqualTo(Action.NOTIFY);
        assertThat(decide(filter, "mmap")).isEqualTo(new Action.Trace(71));
        assertThat(decide(filter, "mprotect")).isEqualTo(new Action.Trace(70));
        assertThat(filter.unknown()).isEqualTo(new Action.Trace(70));
    }

    @Test
    void numbersAboveAllThatAreNamedAreUnknownUnlessTheRestIsAllowed() throws ImportException {
        String rest = ", 'syscalls': [{'names': ['openat2', 'faccessat2'], 'action': 'SCMP_ACT_KILL'}]}";
        Filter refusing = filter("{'defaultAction': 'SCMP_ACT_ERRNO'" + rest);
        assertThat(decide(refusing, "openat2")).isEqualTo(Action.KILL_THREAD);
        assertThat(decide(refusing, "process_madvise")).isEqualTo(ENOSYS);
        assertThat(decide(refusing, "close_range")).isEqualTo(EPERM);
        Filter allowing = filter("{'defaultAction': 'SCMP_ACT_ALLOW'" + rest);
        assertThat(decide(allowing, "process_madvise")).isEqualTo(Action.ALLOW);
    }

    @Test
    void aRuleThatSaysWhatHoldsAnywayDoesNotHideAnother() throws ImportException {
        Filter filter = filter("""
            {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [
             {'names': ['ptrace'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 1},
             {'names': ['ptrace'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 0}]}]}\
            """);
        assertThat(decide(filter, "ptrace", 0)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "ptrace", 1)).isEqualTo(EPERM);
    }

    @Test
    void whatIsAskedOfTheKernelIsAnsweredByTheOneThatItWillRunOn() throws ImportException {
        byte[] profile = """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}}]}\
            """.getBytes(StandardCharsets.UTF_8);
        ImportSettings settings = ImportSettings.of(Arch.X86_64);
        Filter old = PolicySource.read(profile, settings.withKernel(KernelVersion.parse("4.7")))
                .filter("");
        Filter recent = PolicySource.read(profile, settings.withKernel(KernelVersion.parse("4.8.1")))
                .filter("");
        assertThat(decide(old, "ptrace")).isNotEqualTo(Action.ALLOW);
        assertThat(decide(recent, "ptrace")).isEqualTo(Action.ALLOW);
        assertThat(decide(PolicySource.read(profile, settings).filter(""), "ptrace"))
                .isEqualTo(Action.ALLOW);
    }

    @Test
    void aCallThatIsMadeThroughAnotherIsMeantThereToo() throws ImportException {
        Filter filter = filter("""
            {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['socket'], 'action': 'SCMP_ACT_ERRNO'}]}\
            """, Arch.I386);
        assertThat(decide(filter, Arch.I386, "socket")).isEqualTo(EPERM);
        assertThat(decide(filter, Arch.I386, "socketcall", 1)).isEqualTo(EPERM);
        assertThat(decide(filter, Arch.I386, "socketcall", 2)).isEqualTo(Action.ALLOW);
    }

    @Test
    void aContainersConfigurationIsReadWhole() throws ImportException {
        Filter filter = filter("""
            {'ociVersion': '1.0.2', 'process': {'args': ['sh']}, 'linux': {'seccomp': {
             'defaultAction': 'SCMP_ACT_ERRNO', 'architectures': ['SCMP_ARCH_X86_64'],
             'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ALLOW'}]}}}\
            """);
        assertThat(decide(filter, "read")).isEqualTo(Action.ALLOW);
    }

    @Test
    void whatHasNoEffectIsRemarked() throws ImportException {
        Imported imported = read("""
            {'defaultAction': 'SCMP_ACT_ERRNO', 'flags': ['SECCOMP_FILTER_FLAG_LOG'], 'listenerPath': '/run/x',
             'architectures': ['SCMP_ARCH_AARCH64'],
             'syscalls': [{'names': ['read', 'raed', 'set_tls'], 'action': 'SCMP_ACT_ALLOW', 'comment': 'x'}]}\
            """);
        assertThat(imported.remarks())
                .containsExactly(
                        "\"flags\" says how a filter is installed, not what it does, and is left out",
                        "\"listenerPath\" says how a filter is installed, not what it does, and is left out",
                        "the profile does not name x86-64; its rules are taken as they are",
                        "no kernel has a system call raed (did you mean read?); it is left out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'defaultAction': 'SCMP_ACT_NO'} | 1:19: unknown action \"SCMP_ACT_NO\" (did you mean SCMP_ACT_LOG?)",
                "{'defaultAction': 7} | 1:19: a text in quotes is expected here, not 7",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 4096} | 1:56: a whole number from 0 to 4095 is"
                        + " expected here, not 4096",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': -1} | 1:56: a whole number from 0 to 4095 is"
                        + " expected here, not -1",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': {}} | 1:49: a list is expected here, not an object",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'action': 'SCMP_ACT_ALLOW'}]} | 1:50: \"name\" is"
                        + " missing here",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['read']}]} | 1:50: \"action\" is missing"
                        + " here",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'nmes': ['read']}]} | 1:59: unknown name \"nmes\""
                        + " (did you mean names?)",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': [3]}]} | 1:61: a text in quotes is"
                        + " expected here, not 3",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args':"
                        + " [{'index': 6, 'op': 'SCMP_CMP_EQ', 'value': 1}]}]} | 1:114: a whole number from 0 to 5 is"
                        + " expected here, not 6",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args':"
                        + " [{'index': 0, 'op': 'SCMP_CMP_IS', 'value': 1}]}]} | 1:123: unknown comparison \"SCMP_CMP_IS\""
                        + " (did you mean SCMP_CMP_EQ?)",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args':"
                        + " [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': -1}]}]} | 1:147: a whole number from 0 to"
                        + " 18446744073709551615 is expected here, not -1",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ALLOW', 'args':"
                        + " [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 18446744073709551616}]}]} | 1:147: a whole number"
                        + " from 0 to 18446744073709551615 is expected here, not 18446744073709551616",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ALLOW',"
                        + " 'includes': {'minKernel': 'new'}}]} | 1:121: \"new\" is no version of Linux: 4.8 is one",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [ | 1:50: the file ends where a value is expected",
                "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultAction': 'SCMP_ACT_ERRNO'} | 1:37: \"defaultAction\" is"
                        + " named twice in this object",
                "{'ociVersion': '1.0'} | 1:1: this container has no seccomp profile: \"linux\": {\"seccomp\": ...} is"
                        + " missing",
            })
    void whatIsWrongIsSaidWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(ImportException.class).hasMessage(message);
    }

    @Test
    void bombsAreRefusedBeforeTheyGoOff() {
        assertThatThrownBy(() -> read("{\"defaultAction\":" + "[".repeat(5_000_000)))
                .hasMessageContaining("more than 64 objects and lists lie in one another");
        assertThatThrownBy(() -> read("{\"defaultAction\": [" + "[],".repeat(3_000_000)))
                .hasMessageContaining("there are more than 200000 values");
        assertThatThrownBy(() -> WholeFile.bytes(new java.io.ByteArrayInputStream(new byte[(16 << 20) + 1])))
                .hasMessage("more than 16 MiB, which is too much");
    }

    @Test
    void bytesThatAreNoTextAreNamedWithTheirPlace() {
        byte[] bytes = "{\n  \"defaultAction\": \"?".getBytes(StandardCharsets.UTF_8);
        bytes[bytes.length - 1] = (byte) 0xff;
        assertThatThrownBy(() -> PolicySource.read(bytes, ImportSettings.of(Arch.X86_64)))
                .hasMessage("2:21: byte 0xff is not UTF-8");
    }

    @Test
    void rulesAloneAreAFilterThatRefusesTheRest() throws ImportException {
        Filter filter = filter("read\nwrite(fd == 1)\nkill -> errno EACCES\n");
        assertThat(decide(filter, "write", 1)).isEqualTo(Action.ALLOW);
        assertThat(decide(filter, "write", 2)).isEqualTo(EPERM);
        assertThat(decide(filter, "kill", 2)).isEqualTo(new Action.Errno(13));
        assertThatThrownBy(() -> read("raed"))
                .hasMessageContaining("did you mean")
                .hasMessageContaining("neither rules nor");
        assertThatThrownBy(() -> read("{\"a\": 1}")).hasMessageContaining("this JSON is no policy");
        assertThat(List.of(filter)).hasSize(1);
    }
}
