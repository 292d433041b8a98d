package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.bpf.SeccompData;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.seccomp.Verification;
import org.jpledge.seccomp.Verifier;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Unveil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules of the user's own stand before everything else, and filters narrow what promises give. */
class AmendmentsTest {
    private static final Action EPERM = new Action.Errno(1);
    private static final Action ENOENT = new Action.Errno(2);
    private static final Action ENOSYS = new Action.Errno(38);

    private static Amendment allow(String rule) {
        return new Amendment(Amendment.Kind.ALLOW, rule);
    }

    private static Amendment deny(String rule) {
        return new Amendment(Amendment.Kind.DENY, rule);
    }

    private static Enforcement enforcement(Policy policy, Arch arch, Abi abi) {
        return policy.demanding(Demand.BEST_EFFORT).enforce(arch, abi, FilePath.ROOT, new HostTree());
    }

    private static NamedFilter file(Arch arch, String rules) {
        return new NamedFilter(
                "file", Filter.of(arch, new RuleParser(arch).parse(rules, Action.ALLOW), EPERM, ENOSYS, EPERM));
    }

    private static List<SeccompData> calls(Arch arch) {
        List<SeccompData> some = new ArrayList<>();
        List<SeccompData> all = new BoundaryCalls(arch).all();
        for (int i = 0; i < all.size(); i += 7) {
            some.add(all.get(i));
        }
        return some;
    }

    private static Action matching(List<Rule> rules, SeccompData call, Action none) {
        for (Rule rule : rules) {
            if (rule.matches(call, BoundaryCalls.SELF)) {
                return rule.action();
            }
        }
        return none;
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void anOwnRuleDecidesItsCallsAndNoOthers(Arch arch) {
        Policy plain = Policy.of(Promises.of("stdio", "rpath", "unix")).unveiling(Unveil.of("/usr", "r"));
        Policy amended = plain.amending(allow("ioctl(request == TIOCGWINSZ) setns ptrace"))
                .amending(deny("socketpair"))
                .amending(deny("openat(flags & O_ACCMODE != O_RDONLY) -> errno ENOENT"))
                .amending(deny("ioctl -> kill"));
        List<Rule> own = new RuleParser(arch).parse("""
                ioctl(request == TIOCGWINSZ) setns ptrace  socketpair -> errno EPERM
                openat(flags & O_ACCMODE != O_RDONLY) -> errno ENOENT  ioctl -> kill""", Action.ALLOW);
        Enforcement enforcement = enforcement(plain, arch, Abi.V7);
        assertThat(enforcement.paths()).isEqualTo(Paths.BY_LANDLOCK);
        Filter before = plain.exact(arch, enforcement);
        Filter after = amended.exact(arch, enforcement);
        int own0 = 0;
        for (SeccompData call : calls(arch)) {
            Action expected = matching(own, call, before.decide(call, BoundaryCalls.SELF));
            own0 += matching(own, call, Action.NOTIFY) instanceof Action.Notify ? 0 : 1;
            assertThat(after.decide(call, BoundaryCalls.SELF)).as("%s", call).isEqualTo(expected);
        }
        assertThat(own0).isPositive();
        Verification verification = Verifier.prove(after, Compiler.compile(after), BoundaryCalls.SELF);
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.unproven()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"X86_64", "AARCH64"})
    void whatIsNeededToStartIsNotDeniedBeforeTheEntryPoint(Arch arch) {
        String needed = "execve mmap openat seccomp close_range landlock_restrict_self rt_sigaction exit_group prctl";
        List<Policy> policies = List.of(
                Policy.of(Promises.of("stdio", "unix")).amending(deny(needed + " socketpair")),
                Policy.of(Promises.of("stdio", "unix")).filtering(file(arch, "read write getpid")),
                Policy.of(file(arch, "read write getpid")),
                Policy.of(file(arch, "read write getpid")).amending(allow("ptrace")));
        for (Policy policy : policies) {
            Enforcement enforcement = enforcement(policy, arch, Abi.V7);
            Filter loader = policy.loader(arch, enforcement);
            Filter exact = policy.exact(arch, enforcement);
            for (String name : needed.split(" ", -1)) {
                int number = SyscallTable.of(arch).number(name).orElseThrow();
                // seccomp(SECCOMP_SET_MODE_FILTER, 0 or TSYNC), prctl(PR_SET_NO_NEW_PRIVS).
                SeccompData call = SeccompData.of(number, arch.audit(), name.equals("prctl") ? 38 : 1);
                assertThat(loader.decide(call, BoundaryCalls.SELF)).as(name).isEqualTo(Action.ALLOW);
                assertThat(exact.decide(call, BoundaryCalls.SELF)).as(name).isEqualTo(EPERM);
            }
            int socketpair = SyscallTable.of(arch).number("socketpair").orElseThrow();
            assertThat(loader.decide(SeccompData.of(socketpair, arch.audit(), 1), BoundaryCalls.SELF))
                    .isEqualTo(EPERM);
            for (SeccompData call : calls(arch)) {
                if (exact.decide(call, BoundaryCalls.SELF) instanceof Action.Allow) {
                    assertThat(loader.decide(call, BoundaryCalls.SELF))
                            .as("%s", call)
                            .isEqualTo(Action.ALLOW);
                }
            }
        }
    }

    @Test
    void aFilterNarrowsPromisesAndOwnRulesStandBeforeBoth() {
        Arch arch = Arch.X86_64;
        Policy policy = Policy.of(Promises.of("stdio", "rpath"))
                .filtering(file(arch, "read write mkdir socketpair -> errno ENOENT"))
                .filtering(file(arch, "read mkdir socketpair"))
                .amending(allow("getppid"));
        Filter exact = policy.exact(arch, Enforcement.NONE);
        assertThat(decide(exact, "read")).isEqualTo(Action.ALLOW);
        assertThat(decide(exact, "write")).isEqualTo(EPERM);
        assertThat(decide(exact, "mkdir")).isEqualTo(EPERM);
        assertThat(decide(exact, "socketpair", 1)).isEqualTo(ENOENT);
        assertThat(decide(exact, "getppid")).isEqualTo(Action.ALLOW);
        assertThat(decide(exact, "getpid")).isEqualTo(EPERM);
    }

    @Test
    void itIsSaidWhoRefusesACall() {
        Arch arch = Arch.X86_64;
        Policy policy = Policy.of(Promises.of("stdio"))
                .filtering(file(arch, "read write socketpair mkdir"))
                .amending(deny("socketpair(family == AF_UNIX)"));
        assertThat(ruling(policy, "socketpair", 1)).isEqualTo("--deny 'socketpair(family == AF_UNIX)'");
        assertThat(ruling(policy, "getpid")).isEqualTo("--filter file");
        assertThat(ruling(policy, "mkdir")).isEqualTo("a promise");
        assertThat(ruling(Policy.of(file(arch, "read")), "mkdir")).isEqualTo("--filter file");
    }

    private static String ruling(Policy policy, String call, long... arguments) {
        SeccompData data =
                SeccompData.of(SyscallTable.of(Arch.X86_64).number(call).orElseThrow(), Arch.X86_64.audit(), arguments);
        return policy.refusal(data, BoundaryCalls.SELF, Arch.X86_64, Circumstance.UNRESTRICTED)
                .map(Ruling::option)
                .orElse("a promise");
    }

    @Test
    void aSupervisorIsAskedAboutWhatOwnRulesAndFiltersRefuse() {
        Arch arch = Arch.X86_64;
        Policy denying = Policy.of(Promises.of("stdio"))
                .amending(deny("socketpair -> errno ENOENT"))
                .amending(deny("getpid -> kill"))
                .amending(deny("clone3 -> errno ENOSYS"));
        Filter exact = asking(denying, arch);
        for (String call : List.of("socketpair", "getpid", "clone3", "mkdir")) {
            assertThat(decide(exact, call)).as(call).isEqualTo(Action.NOTIFY);
        }
        assertThat(decide(exact, "read")).isEqualTo(Action.ALLOW);
        // What libraries try, and take no for an answer.
        assertThat(decide(exact, "openat2")).isEqualTo(ENOSYS);
        // A filter that refuses by rule, and lets all else through.
        Filter closing = Filter.of(
                arch, new RuleParser(arch).parse("mkdir -> errno EACCES", Action.ALLOW), Action.ALLOW, ENOSYS, EPERM);
        Filter open = asking(Policy.of(new NamedFilter("list", closing)), arch);
        assertThat(decide(open, "mkdir")).isEqualTo(Action.NOTIFY);
        assertThat(decide(open, "rmdir")).isEqualTo(Action.ALLOW);
        assertThat(Policy.of(new NamedFilter("list", closing)).unanswerable(arch, Enforcement.NONE))
                .isEmpty();
        Policy trapping = denying.amending(deny("rmdir -> trap 5"));
        assertThat(trapping.unanswerable(arch, Enforcement.NONE)).contains(new Action.Trap(5));
    }

    private static Filter asking(Policy policy, Arch arch) {
        Filter exact = policy.exact(arch, Enforcement.NONE);
        Filter asking = Supervised.exact(exact, arch, Enforcement.NONE, policy.told(arch, List.of(exact)));
        Compiled compiled = Compiler.compile(asking);
        assertThat(Verifier.prove(asking, compiled, BoundaryCalls.SELF).findings())
                .isEmpty();
        return asking;
    }

    @Test
    void withAFilterAloneNothingIsVeiledThatNobodyHidAndListsOfPortsAreNotGoneRound() {
        Arch arch = Arch.X86_64;
        Policy alone = Policy.of(file(arch, "read socket sendto"));
        assertThat(enforcement(alone, arch, Abi.V7).exact()).isEmpty();
        assertThat(enforcement(alone.unveiling(Unveil.of("/usr", "rwxc")), arch, Abi.V7)
                        .exact())
                .isPresent();
        assertThat(decide(alone.exact(arch, Enforcement.NONE), "socket", 2, 2, 17))
                .isEqualTo(Action.ALLOW);
        Policy ports = alone.connecting(443);
        Enforcement enforcement = enforcement(ports, arch, Abi.V7);
        assertThat(enforcement.exact()).isPresent();
        Filter exact = ports.exact(arch, enforcement);
        // Landlock of that version knows nothing of UDP, and Fast Open connects without connect(2).
        assertThat(decide(exact, "socket", 2, 2, 17)).isEqualTo(EPERM);
        assertThat(decide(exact, "socket", 2, 1, 6)).isEqualTo(Action.ALLOW);
        assertThat(decide(exact, "sendto", 3, 0, 0, 0x20000000, 1)).isEqualTo(EPERM);
        assertThat(decide(exact, "sendto", 3, 0, 0, 0, 1)).isEqualTo(Action.ALLOW);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DENY; soketpair; unknown system call \"soketpair\" (did you mean socketpair?)",
                "DENY; socketpair -> allow; allow is no way to deny a call",
                "ALLOW; socketpair -> errno EPERM; errno EPERM refuses the call, and so is for --deny",
                "ALLOW; socketpair -> kill; kill refuses the call, and so is for --deny",
                "DENY; socketpair -> trace 1; trace 1 needs somebody who answers, and nothing runs beside the program",
                "ALLOW; socketpair -> notify; notify needs somebody who answers, and nothing runs beside the program",
                "ALLOW; ' '; no system call is named"
            })
    void whatIsNoSuchRuleIsNamed(Amendment.Kind kind, String text, String message) {
        assertThatThrownBy(() -> new Amendment(kind, text).rules(Arch.X86_64, EPERM))
                .isInstanceOf(RuleSyntaxException.class)
                .hasMessage(message);
    }

    @Test
    void aFilterThatAsksOrIsForAnotherMachineIsNone() {
        Filter asking = Filter.of(Arch.X86_64, List.of(), Action.NOTIFY, ENOSYS, EPERM);
        assertThatThrownBy(() -> new NamedFilter("it", asking)).hasMessageContaining("notify");
        Policy other = Policy.of(file(Arch.AARCH64, "read"));
        assertThatThrownBy(() -> other.exact(Arch.X86_64, Enforcement.NONE))
                .hasMessage("file says nothing of x86-64, so nothing could run");
    }

    private static Action decide(Filter filter, String call, long... arguments) {
        return filter.decide(
                SeccompData.of(SyscallTable.of(Arch.X86_64).number(call).orElseThrow(), Arch.X86_64.audit(), arguments),
                BoundaryCalls.SELF);
    }
}
