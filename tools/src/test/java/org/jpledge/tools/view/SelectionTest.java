package org.jpledge.tools.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {
    /** The last number that strace 6.1 knows. */
    private static final int KNOWN = 450;

    private static Selection of(String... expressions) throws Selection.SyntaxException {
        return Selection.parse(List.of(expressions));
    }

    @Test
    void namesClassesAndExpressionsAddUp() throws Exception {
        Selection selection = of("trace=open,%clock", "/^mk.*at$");
        assertThat(selection.includes("open")).isTrue();
        assertThat(selection.includes("clock_gettime")).isTrue();
        assertThat(selection.includes("mkdirat")).isTrue();
        assertThat(selection.includes("openat")).isFalse();
        assertThat(selection.wanted()).contains("open", "mknodat").doesNotContain("openat");
        assertThat(selection.isEverything()).isFalse();
    }

    @Test
    void anExclamationMarkLeavesOut() throws Exception {
        Selection selection = of("!%memory,read");
        assertThat(selection.includes("mmap")).isFalse();
        assertThat(selection.includes("read")).isFalse();
        assertThat(selection.includes("write")).isTrue();
        assertThat(selection.includes("syscall_1000")).isTrue();
        assertThat(selection.wanted()).contains("write").doesNotContain("mmap", "read");
    }

    @Test
    void allNoneAndWordsThatNobodyKnows() throws Exception {
        assertThat(of("all").includes("read")).isTrue();
        assertThat(of("none").wanted()).isEmpty();
        assertThat(of("?nosuch,read").wanted()).containsExactly("read");
        assertThat(of("file").includes("open")).isTrue();
        assertThat(of("%net").includes("socket")).isTrue();
        assertThat(of("/^(open|close){1,1}$").wanted()).containsExactlyInAnyOrder("open", "close");
        assertThat(Selection.parse(List.of()).isEverything()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "opne, open",
        "%netwrok, %network",
        "statxx, statx",
    })
    void aMisspeltWordIsNamedWithWhatMayBeMeant(String word, String meant) {
        assertThatThrownBy(() -> of(word)).isInstanceOfSatisfying(Selection.SyntaxException.class, e -> {
            assertThat(e).hasMessageContaining(word);
            assertThat(e.meant()).contains(meant);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "/[, regular expression",
        "/^nosuchcall$, fits no",
        "'open,,close', missing",
        "'a=b', only trace=",
        "'!open,!close', beginning"
    })
    void whatCannotBeUnderstoodIsSaid(String expression, String said) {
        assertThatThrownBy(() -> of(expression))
                .isInstanceOf(Selection.SyntaxException.class)
                .hasMessageContaining(said);
    }

    @Test
    void plainAndNegatedExpressionsDoNotMix() {
        assertThatThrownBy(() -> of("open", "!close")).isInstanceOf(Selection.SyntaxException.class);
    }

    @Test
    void classesNameCallsThatThereAre() {
        Set<String> known = new TreeSet<>();
        for (Arch arch : Arch.values()) {
            known.addAll(SyscallTable.of(arch).byNumber().values());
        }
        Selection.classes().forEach((name, calls) -> {
            assertThat(name).startsWith("%");
            assertThat(known).as(name).containsAll(calls);
        });
    }

    /** What strace selects is read from the filter that it gives to the kernel. */
    @Test
    void classesHaveWhatStraceHas() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "strace is not installed");
        assumeTrue(Arch.host() == Arch.X86_64, "its filter is read for x86-64 only");
        for (Map.Entry<String, List<String>> each : Selection.classes().entrySet()) {
            StraceFilter filter = StraceFilter.of(each.getKey());
            assumeTrue(!filter.instructions().isEmpty(), "this strace prints no filter");
            for (Arch arch : List.of(Arch.X86_64, Arch.I386)) {
                Set<String> ours = new TreeSet<>();
                Set<String> theirs = new TreeSet<>();
                SyscallTable.of(arch).byNumber().forEach((number, name) -> {
                    // It always stops at these: they may be others in disguise, or change what is traced.
                    boolean always =
                            Set.of("execve", "execveat", "ipc", "socketcall").contains(name);
                    if (number <= KNOWN && !always) {
                        if (each.getValue().contains(name)) {
                            ours.add(name);
                        }
                        if (filter.stops(arch.audit(), number)) {
                            theirs.add(name);
                        }
                    }
                });
                assertThat(ours).as(each.getKey() + " " + arch).isEqualTo(theirs);
            }
        }
    }

    /** The seccomp filter that strace -d prints. */
    private record StraceFilter(List<List<String>> instructions) {
        static StraceFilter of(String name) throws IOException, InterruptedException {
            Process strace = new ProcessBuilder("strace", "-d", "--seccomp-bpf", "-f", "-e", "trace=" + name, "true")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(strace.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            strace.waitFor();
            List<List<String>> instructions = new ArrayList<>();
            for (String line : output.lines().toList()) {
                if (line.startsWith("strace: STMT(") || line.startsWith("strace: JUMP(")) {
                    String words = line.substring("strace: JUMP(".length(), line.length() - 1);
                    instructions.add(List.of(words.split(", ", -1)));
                }
            }
            return new StraceFilter(instructions);
        }

        boolean stops(int audit, int number) {
            long a = 0;
            long x = 0;
            for (int i = 0; ; i++) {
                List<String> words = instructions.get(i);
                long operand = words.size() == 4 ? Long.decode(words.get(3)) : 0;
                String last = words.getLast();
                switch (words.getFirst()) {
                    case "BPF_RET" -> {
                        return last.contains("TRACE");
                    }
                    case "BPF_LDWABS" -> a = last.contains("arch") ? audit & 0xffffffffL : number;
                    case "BPF_LDWIMM" -> a = Long.decode(last);
                    case "BPF_AND" -> a &= Long.decode(last);
                    case "BPF_RSH" -> a >>>= Long.decode(last);
                    case "BPF_LSH" -> a = a << x & 0xffffffffL;
                    case "BPF_TAX" -> x = a;
                    case "BPF_TXA" -> a = x;
                    case "BPF_JA" -> i += Integer.parseInt(last);
                    case "BPF_JEQ" -> i += jump(words, a == operand);
                    case "BPF_JGE" -> i += jump(words, a >= operand);
                    case "BPF_JSET" -> i += jump(words, (a & operand) != 0);
                    default -> throw new IllegalStateException(words.toString());
                }
            }
        }

        private static int jump(List<String> words, boolean taken) {
            return Integer.parseInt(words.get(taken ? 1 : 2));
        }
    }
}
