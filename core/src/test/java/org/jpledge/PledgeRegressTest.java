package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * What OpenBSD's regress tests of pledge(2) ask (generic, execpromise, sockopt), asked of this kernel: of a C program that a
 * launcher confines, and of a JVM that pledges itself; once so that violations kill and once so that they are refused. At the
 * end the scores.
 */
@Tag("enforcement")
class PledgeRegressTest {
    private static final Arch ARCH = Arch.host();
    private static final RegressScore SCORE = new RegressScore();
    private static final RegressScore SCORE_IN_A_JVM = new RegressScore();
    private static final int SIGSYS = 159;
    private static final int SIGINT = 130;
    private static Path directory;
    private static Path program;

    private record Row(
            String name,
            String promises,
            String calls,
            String openBsd,
            String linux,
            String why,
            String jvm,
            String whyInJvm) {
        private static final int COLUMNS = 6;
        private static final int COLUMNS_OF_JVM = 8;

        static Row of(String line) {
            String[] cells = line.split("\\|", -1);
            if (cells.length != 4 && cells.length != COLUMNS && cells.length != COLUMNS_OF_JVM) {
                throw new IllegalArgumentException("four columns, six or eight: " + line);
            }
            String openBsd = cells[3].strip();
            boolean differs = cells.length >= COLUMNS && !cells[4].isBlank();
            String linux = differs ? cells[4].strip() : openBsd;
            String why = differs ? cells[5].strip() : "unexpected";
            boolean differsInJvm = cells.length == COLUMNS_OF_JVM;
            return new Row(
                    cells[0].strip(),
                    cells[1].strip(),
                    cells[2].strip(),
                    openBsd,
                    linux,
                    why,
                    differsInJvm ? cells[6].strip() : linux,
                    differsInJvm ? cells[7].strip() : why);
        }

        boolean callsPledge() {
            return calls.contains("pledge(");
        }

        boolean needsTerminal() {
            return name.endsWith("*");
        }
    }

    @BeforeAll
    static void compile() throws IOException {
        assumeTrue(ARCH == Arch.X86_64, "the rows have the calls of x86-64");
        directory = NativeProgram.directory();
        program = NativeProgram.compile(
                directory, "silent", "silent.c", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector");
        if (Run.isRoot()) {
            Files.setAttribute(directory, "unix:uid", Run.NOBODY);
        }
    }

    @AfterAll
    static void printScore() throws IOException {
        if (directory != null) {
            System.out.println("pledge: " + SCORE);
            System.out.println("pledge in a JVM: " + SCORE_IN_A_JVM);
            Files.delete(program);
            Files.delete(directory);
        }
    }

    @TestFactory
    Stream<DynamicTest> casesOfOpenBsd() throws IOException {
        return rows().stream()
                .filter(row -> !row.callsPledge())
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> holds(row)));
    }

    @TestFactory
    Stream<DynamicTest> casesOfOpenBsdInAJvm() throws IOException {
        return rows().stream().map(row -> DynamicTest.dynamicTest(row.name(), () -> holdsInAJvm(row)));
    }

    private static List<Row> rows() throws IOException {
        return RegressTable.text("pledge.cases")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Row::of)
                .toList();
    }

    private static void holds(Row row) throws IOException {
        String answer = answer(row, OnViolation.KILL, false);
        SCORE.add(row.name(), isOneOf(answer, row.openBsd()), row.why());
        assertThat(answer).isIn((Object[]) row.linux().split(" ", -1));
        if (!row.promises().equals("-")) {
            assertThat(answer(row, OnViolation.REFUSE, false))
                    .isIn((Object[]) row.linux().replace("killed", "EPERM").split(" ", -1));
        }
        if (Run.isRoot()) {
            assertThat(answer(row, OnViolation.KILL, true)).as("as nobody").isIn((Object[])
                    row.linux().split(" ", -1));
        }
        if (row.linux().equals("killed")) {
            assertThat(answer(row.calls(), row.needsTerminal(), false, program))
                    .as("without a sandbox")
                    .isNotEqualTo("killed");
        }
    }

    private static void holdsInAJvm(Row row) throws IOException {
        String answer = answerOfAJvm(row, OnViolation.KILL);
        SCORE_IN_A_JVM.add(row.name(), isOneOf(answer, row.openBsd()), row.whyInJvm());
        assertThat(answer).isIn((Object[]) row.jvm().split(" ", -1));
        if (row.jvm().equals("killed")) {
            assertThat(answerOfAJvm(row, OnViolation.REFUSE)).isEqualTo("EPERM");
        }
    }

    private static String answerOfAJvm(Row row, OnViolation choice) throws IOException {
        List<String> command = List.of(ForkedJvm.command(
                List.of("-XX:-UsePerfData"), // a file that would be removed at the end
                PledgedJvm.class,
                choice.name(),
                directory.toString(),
                row.promises(),
                row.calls()));
        Run run = run(command, row.needsTerminal(), false);
        List<String> lines = run.out().lines().map(String::strip).toList();
        if (run.status() == SIGSYS) {
            return "killed";
        }
        if (run.status() == SIGINT) {
            return "SIGINT";
        }
        if (run.status() != 0 || lines.size() != 2) {
            return "status " + run.status() + ": " + run.out() + run.err();
        }
        String last = lines.getLast();
        return last.startsWith("-")
                ? Errno.name(ARCH, Integer.parseInt(last.substring(1))).orElse(last)
                : last.replace("0", "ok");
    }

    private static boolean isOneOf(String answer, String answers) {
        return List.of(answers.split(" ", -1)).contains(answer);
    }

    private static String answer(Row row, OnViolation choice, boolean nobody) throws IOException {
        if (row.promises().equals("-")) {
            return answer(row.calls(), row.needsTerminal(), nobody, program);
        }
        Sandbox sandbox;
        try {
            sandbox = Sandbox.pledge(row.promises()).onViolation(choice);
        } catch (IllegalArgumentException e) {
            return "EINVAL";
        }
        Path launcher = Run.executable(directory, "launcher", sandbox.launcher(program.toString()));
        try {
            return answer(row.calls(), row.needsTerminal(), nobody, launcher);
        } finally {
            Files.delete(launcher);
        }
    }

    private static String answer(String calls, boolean terminal, boolean nobody, Path launcher) throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        if (!calls.isEmpty()) {
            for (String call : calls.split("; ", -1)) {
                command.add(CallText.words(call, directory));
            }
        }
        Run run = run(command, terminal, nobody);
        return switch (run.status()) {
            case 0 -> "ok";
            case SIGSYS -> "killed";
            case SIGINT -> "SIGINT";
            default -> Errno.name(ARCH, run.status()).orElse("status " + run.status() + ": " + run.err());
        };
    }

    /** Signals go to the process group: the program is in one of its own. */
    private static Run run(List<String> program, boolean terminal, boolean nobody) throws IOException {
        List<String> command = new ArrayList<>(program);
        if (terminal) {
            assumeTrue(NativeProgram.isInstalled("script"), "script is not installed");
            command = List.of("script", "--quiet", "--return", "--command", quoted(command), "/dev/null");
        } else {
            command.addFirst("setsid");
        }
        String[] words = command.toArray(new String[0]);
        return Run.of(new ProcessBuilder(nobody ? Run.unprivileged(words) : words)
                .redirectInput(new File("/dev/null"))
                .start());
    }

    private static String quoted(List<String> command) {
        StringBuilder line = new StringBuilder();
        for (String word : command) {
            line.append('\'').append(word).append("' ");
        }
        return line.toString();
    }
}
