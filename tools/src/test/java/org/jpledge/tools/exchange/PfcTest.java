package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.PolicyDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pseudo filter code: the shape in which libseccomp writes the same rules. */
class PfcTest {
    private static final String RULES = """
            read
            open -> errno EACCES
            kill(arg0 != 0x1122334455667788) -> trap
            close(arg0 <= 5) -> trace 7
            dup(arg0 < 5) -> log
            dup3 -> kill-thread
            socket(arg0 > 5, arg1 & 0xf == 3) -> errno EPERM
            fcntl(arg1 >= 0x500000001)
            """;

    /** The same rules for libseccomp, which compares 64 bits. */
    private static final String PROGRAM = """
            #include <errno.h>
            #include <seccomp.h>
            int main(void)
            {
                scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
                seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(read), 0);
                seccomp_rule_add(c, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 0);
                seccomp_rule_add(c, SCMP_ACT_TRAP, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_NE, 0x1122334455667788));
                seccomp_rule_add(c, SCMP_ACT_TRACE(7), SCMP_SYS(close), 1, SCMP_A0(SCMP_CMP_LE, 5));
                seccomp_rule_add(c, SCMP_ACT_LOG, SCMP_SYS(dup), 1, SCMP_A0(SCMP_CMP_LT, 5));
                seccomp_rule_add(c, SCMP_ACT_KILL_THREAD, SCMP_SYS(dup3), 0);
                seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_GT, 5),
                    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, 3));
                seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_GE, 0x500000001));
                return seccomp_export_pfc(c, 1);
            }
            """;

    @TempDir
    private Path directory;

    /** Every condition compared in 64 bits. */
    private static Rule wide(Rule rule) {
        List<Condition> conditions = rule.conditions().stream()
                .map(condition -> new Condition(
                        condition.argument(),
                        true,
                        condition.mask() == 0xffffffffL ? -1 : condition.mask(),
                        condition.op(),
                        condition.values()))
                .toList();
        return new Rule(rule.number(), conditions, rule.action());
    }

    private static Filter filter() {
        // In the rule language an int has 32 bits; a number that is wider is put in after it.
        Map<String, Condition> wider = Map.of(
                "kill", Condition.of(0, true, Operator.NE, 0x1122334455667788L),
                "fcntl", Condition.of(1, true, Operator.GE, 0x500000001L));
        List<Rule> rules = new ArrayList<>();
        for (String line : RULES.lines().toList()) {
            Rule rule = wide(new RuleParser(Arch.X86_64)
                    .parse(line.replaceAll("0x\\p{XDigit}{5,}", "0"), Action.ALLOW)
                    .getFirst());
            Condition condition = wider.get(line.substring(0, Math.max(0, line.indexOf('('))));
            rules.add(condition == null ? rule : new Rule(rule.number(), List.of(condition), rule.action()));
        }
        return Filter.of(Arch.X86_64, rules, Action.KILL_PROCESS, Action.KILL_PROCESS, Action.KILL_THREAD);
    }

    private static Exported written(Filter filter) {
        return Pfc.write(new Exportable("test", PolicyDocument.EMPTY, new TreeMap<>(Map.of(Imported.MAIN, filter))));
    }

    /** The lines of each call, which libseccomp orders by its own priorities, and under no name all others. */
    private static SortedMap<String, List<String>> parts(String text) {
        SortedMap<String, List<String>> parts = new TreeMap<>();
        String call = "";
        for (String line : text.lines().toList()) {
            if (line.startsWith("  # filter for syscall ")) {
                call = line.replaceAll(" \\[priority: \\d+\\]", "");
            } else if (!line.startsWith("   ") && !line.startsWith("  if")) {
                call = "";
            }
            parts.computeIfAbsent(call, _ -> new ArrayList<>()).add(line.replaceAll(" \\[priority: \\d+\\]", ""));
        }
        return parts;
    }

    @Test
    void libseccompWritesTheSame() throws Exception {
        assumeTrue(Arch.host() == Arch.X86_64, "not x86-64");
        assumeTrue(Files.exists(Path.of("/usr/include/seccomp.h")), "libseccomp-dev is not installed");
        Path source = directory.resolve("pfc.c");
        Files.writeString(source, PROGRAM);
        Path program = directory.resolve("pfc");
        assumeTrue(
                output("gcc", "-o", program.toString(), source.toString(), "-lseccomp")
                        .isEmpty(),
                "no gcc");
        assertThat(parts(written(filter()).text())).isEqualTo(parts(output(program.toString())));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @Test
    void everyArchitectureHasItsBlock() {
        Filter filter = new Filter(
                List.of(
                        new Filter.Section(Arch.X86_64, List.of(new Rule(0, List.of(), Action.ALLOW))),
                        new Filter.Section(Arch.AARCH64, List.of())),
                new Action.Errno(1),
                new Action.Errno(38),
                Action.KILL_PROCESS);
        assertThat(written(filter).text()).isEqualTo("""
                        #
                        # pseudo filter code start
                        #
                        # filter for arch x86_64 (3221225534)
                        if ($arch == 3221225534)
                          # filter for syscall "read" (0)
                          if ($syscall == 0)
                            action ALLOW;
                          # numbers that x86-64 does not know: action ERRNO(38)
                          # default action
                          action ERRNO(1);
                        # filter for arch aarch64 (3221225655)
                        if ($arch == 3221225655)
                          # numbers that aarch64 does not know: action ERRNO(38)
                          # default action
                          action ERRNO(1);
                        # invalid architecture action
                        action KILL_PROCESS;
                        #
                        # pseudo filter code end
                        #
                        """);
        assertThat(written(filter).losses())
                .containsExactly(
                        "numbers that x86-64 does not know: errno EPERM instead of errno ENOSYS",
                        "numbers that aarch64 does not know: errno EPERM instead of errno ENOSYS");
    }

    @Test
    void lowWordsSetsAndVariablesAreWritten() {
        int number = SyscallTable.of(Arch.X86_64).number("kill").orElseThrow();
        List<Rule> rules = new ArrayList<>(new RuleParser(Arch.X86_64)
                .parse("kill(pid == $pid) kill(sig in {0, 15}, pid & 3 != 2)", Action.ALLOW));
        rules.add(new Rule(
                number,
                List.of(new Condition(1, false, -1, Operator.EQ, List.of(new Value.Constant(9)))),
                new Action.Trap(3)));
        Exported written = written(Filter.of(Arch.X86_64, rules, Action.NOTIFY, Action.NOTIFY, Action.KILL_THREAD));
        assertThat(written.text()).contains("""
                          if ($syscall == 62)
                            if ($a0.lo32 == $pid)
                              action ALLOW;
                            if ($a1.lo32 == 0)
                              if ($a0.lo32 & 0x00000003 == 2)
                              else
                                action ALLOW;
                            if ($a1.lo32 == 15)
                              if ($a0.lo32 & 0x00000003 == 2)
                              else
                                action ALLOW;
                            if ($a1.lo32 == 9)
                              action TRAP;
                          # default action
                          action NOTIFY;
                        """);
        assertThat(written.losses())
                .containsExactlyInAnyOrder(
                        "kill(pid == $pid): libseccomp has no $pid", "trap 3: libseccomp's TRAP has no number");
    }
}
