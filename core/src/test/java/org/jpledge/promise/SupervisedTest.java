package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Executable;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Supervision;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Verification;
import org.jpledge.seccomp.Verifier;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Unveil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a supervised filter asks is what the filter refuses, and what Landlock may; nothing is decided otherwise. */
class SupervisedTest {
    private static final Action EPERM = new Action.Errno(1);

    private static final Set<String> SOME = Set.of("open", "openat", "connect", "execve", "renameat2", "kill", "close");

    private static List<Policy> policies() {
        List<Policy> policies = new ArrayList<>();
        for (String promises :
                List.of("", "stdio", "stdio rpath", "stdio rpath wpath cpath proc exec unix inet", "stdio error")) {
            for (Action violation : List.of(EPERM, Action.KILL_PROCESS, Action.LOG)) {
                Policy policy = Policy.of(Promises.parse(promises)).onViolation(violation);
                policies.add(policy);
                policies.add(policy.unveiling(Unveil.of("/usr", "r")));
                policies.add(policy.connecting(443));
            }
        }
        return policies;
    }

    private static Enforcement enforcement(Policy policy, Arch arch, Abi abi) {
        return policy.demanding(Demand.BEST_EFFORT).enforce(arch, abi, FilePath.ROOT, new HostTree());
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void whatIsRefusedIsAskedAndNothingElseThatLandlockLeavesAlone(Arch arch) {
        // All of those that are about paths, sockets and signals, and some of the others.
        List<SeccompData> all = new BoundaryCalls(arch).all();
        List<SeccompData> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (i % 61 == 0
                    || SOME.contains(SyscallTable.of(arch).name(all.get(i).nr()).orElseThrow()) && i % 5 == 0) {
                some.add(all.get(i));
            }
        }
        for (Policy policy : policies()) {
            for (Abi abi : List.of(Abi.NONE, Abi.V7, Abi.LATEST)) {
                Enforcement enforcement = enforcement(policy, arch, abi);
                Filter plain = policy.exact(arch, enforcement);
                Filter asking = Supervised.exact(plain, arch, enforcement);
                Filter early = Supervised.loader(policy.loader(arch, enforcement), arch, enforcement);
                for (SeccompData call : some) {
                    Action before = plain.decide(call, BoundaryCalls.SELF);
                    Action after = asking.decide(call, BoundaryCalls.SELF);
                    String as = policy + " " + abi + " " + SyscallTable.of(arch).name(call.nr()) + " " + call;
                    if (!(after instanceof Action.Notify)) {
                        assertThat(after).as(as).isEqualTo(before);
                        // Under `error`, a rule of the table's own says the same.
                        if (!policy.promises().contains("error")) {
                            assertThat(before).as(as).isNotEqualTo(plain.otherwise());
                        }
                    } else if (before instanceof Action.Allow) {
                        assertThat(enforcement.exact()).as(as).isPresent();
                    } else {
                        assertThat(before).as(as).isEqualTo(plain.otherwise());
                    }
                    // From the entry point on both filters hold; the loader's must never be the one that answers.
                    Action first = early.decide(call, BoundaryCalls.SELF);
                    if (first instanceof Action.Trace || first instanceof Action.Log) {
                        assertThat(after).as(as).isInstanceOf(Action.Notify.class);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void theProgramsAreProven(Arch arch) {
        List<String> wrong = new ArrayList<>();
        for (Policy policy : policies()) {
            Enforcement enforcement = enforcement(policy, arch, Abi.V7);
            for (Filter filter : Set.of(
                    Supervised.exact(policy.exact(arch, enforcement), arch, enforcement),
                    Supervised.loader(policy.loader(arch, enforcement), arch, enforcement))) {
                Compiled compiled = Compiler.compile(filter);
                Verification verification = Verifier.prove(filter, compiled, BoundaryCalls.SELF);
                if (!verification.isProven()) {
                    wrong.add(policy + ": " + verification.findings() + verification.unproven());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void onlyWhereAViolationKillsIsThereANumberThatDoes() {
        SeccompData deadly = SeccompData.of(Supervision.DEADLY, Arch.X86_64.audit());
        for (Policy policy : policies()) {
            Enforcement enforcement = enforcement(policy, Arch.X86_64, Abi.V7);
            boolean kills = policy.violation() instanceof Action.KillProcess
                    && !policy.promises().contains("error");
            for (Filter filter : List.of(
                    Supervised.exact(policy.exact(Arch.X86_64, enforcement), Arch.X86_64, enforcement),
                    Supervised.loader(policy.loader(Arch.X86_64, enforcement), Arch.X86_64, enforcement))) {
                assertThat(filter.decide(deadly, BoundaryCalls.SELF) instanceof Action.KillProcess)
                        .as(policy.toString())
                        .isEqualTo(kills);
            }
        }
    }

    @Test
    void nobodyCanAnswerForASignal() {
        Policy policy = Policy.of(Promises.of("stdio")).onViolation(new Action.Trap(0));
        Enforcement enforcement = enforcement(policy, Arch.X86_64, Abi.V7);
        assertThatThrownBy(() -> Supervised.loader(policy.loader(Arch.X86_64, enforcement), Arch.X86_64, enforcement))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLauncherWithoutASupervisorHasNothingOfOne() throws Exception {
        Policy policy = Policy.of(Promises.of("stdio", "rpath"));
        Arch arch = Arch.host();
        Executable program = Executable.of(Path.of("/bin/true"), arch);
        Enforcement enforcement = policy.enforce(program, arch, Abi.V7, FilePath.ROOT, new HostTree());
        List<byte[]> arguments = List.of("true".getBytes(StandardCharsets.US_ASCII));
        byte[] plain = Launcher.of(policy.plan(program, arch, arguments, enforcement));
        byte[] supervised =
                Launcher.of(policy.supervised(program, arch, arguments, enforcement, new Supervision(77, true)));
        assertThat(supervised).hasSizeGreaterThan(plain.length);
        assertThat(new String(supervised, StandardCharsets.ISO_8859_1)).contains("can be reported", "listener");
        assertThat(new String(plain, StandardCharsets.ISO_8859_1)).doesNotContain("can be reported", "listener");
    }
}
