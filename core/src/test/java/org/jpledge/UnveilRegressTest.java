package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * What OpenBSD's regress tests of unveil(2) ask, and what docs/unveil.md says beyond, asked of this kernel: each case with
 * and without its unveils, as this user and, where this is root, as uid 65534 too. At the end the score.
 */
@Tag("enforcement")
class UnveilRegressTest {
    private static final RegressScore SCORE = new RegressScore();
    private static Path directory;
    private static Path program;

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        program = NativeProgram.compile(directory, "regress", "regress.c", "-static", "-pthread");
    }

    @AfterAll
    static void printScore() throws IOException {
        System.out.println("unveil: " + SCORE);
        Files.delete(program);
        Files.delete(directory);
    }

    @TestFactory
    Stream<DynamicTest> casesOfOpenBsd() throws IOException {
        return tests(RegressTable.read("unveil.cases"), true);
    }

    @TestFactory
    Stream<DynamicTest> casesOfOurOwn() throws IOException {
        return tests(RegressTable.read("statements.cases"), false);
    }

    private static Stream<DynamicTest> tests(RegressTable table, boolean scored) {
        List<DynamicTest> tests = new ArrayList<>();
        for (RegressCase regress : table.cases()) {
            tests.add(DynamicTest.dynamicTest(regress.name(), () -> {
                assumeTrue(!regress.user().orElse("").equals("another"), "is about an unprivileged user");
                holds(table, regress, false, scored);
            }));
            if (Run.isRoot() && !regress.user().orElse("").equals("root")) {
                tests.add(DynamicTest.dynamicTest(
                        regress.name() + " as nobody", () -> holds(table, regress, true, false)));
            }
        }
        return tests.stream();
    }

    private static void holds(RegressTable table, RegressCase regress, boolean nobody, boolean scored)
            throws IOException {
        boolean needsRoot = regress.mounted().isPresent()
                || regress.root().isPresent()
                || regress.user().orElse("").equals("root");
        assumeTrue(Run.isRoot() || !needsRoot, "only root mounts, changes its root directory, and makes devices");
        List<String> without = RegressRun.answers(regress, program, nobody, false);
        assertThat(shown(regress, without))
                .as("without a veil")
                .isEqualTo(shown(regress, row -> row.isUnveil() ? "ok" : row.without()));
        List<String> veiled = RegressRun.answers(regress, program, nobody, true);
        if (scored) {
            table.count(regress, veiled, SCORE);
        }
        assertThat(shown(regress, veiled)).isEqualTo(shown(regress, RegressCase.Row::linux));
    }

    private static String shown(RegressCase regress, List<String> answers) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < Math.max(answers.size(), regress.rows().size()); i++) {
            lines.append(i < regress.rows().size() ? regress.rows().get(i).operation() : "?")
                    .append(" | ")
                    .append(i < answers.size() ? answers.get(i) : "?")
                    .append('\n');
        }
        return lines.toString();
    }

    private static String shown(RegressCase regress, Function<RegressCase.Row, String> answer) {
        return shown(regress, regress.rows().stream().map(answer).toList());
    }
}
