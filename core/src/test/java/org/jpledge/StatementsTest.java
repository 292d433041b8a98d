package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The 32 statements of docs/unveil.md are the ones that cases are about. */
class StatementsTest {
    private static final Path DOCUMENT = Path.of("../docs/unveil.md");
    private static final int STATEMENTS = 32;

    /** What no case asks: a limit that {@code VeilTest} has, and a log that only an audit daemon reads. */
    private static final List<Integer> WITHOUT_A_CASE = List.of(6, 32);

    @Test
    void thereAre32() throws IOException {
        assertThat(linux().keySet())
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, STATEMENTS).boxed().toList());
    }

    @Test
    void eachHasACaseOrSaysHowLinuxDiffers() throws IOException {
        TreeSet<Integer> named = new TreeSet<>();
        for (RegressCase regress : cases()) {
            named.addAll(regress.statements());
        }
        Map<Integer, String> linux = linux();
        TreeSet<Integer> without = new TreeSet<>(linux.keySet());
        without.removeAll(named);
        assertThat(without).containsExactlyElementsOf(WITHOUT_A_CASE);
        for (int number : without) {
            assertThat(linux.get(number)).as("statement %d", number).doesNotStartWith("Same");
        }
        assertThat(linux.keySet()).containsAll(named);
    }

    @Test
    void whereACaseDiffersTheStatementSaysSo() throws IOException {
        Map<Integer, String> linux = linux();
        for (RegressCase regress : cases()) {
            for (RegressCase.Row row : regress.rows()) {
                row.why()
                        .ifPresent(number -> assertThat(linux.get(number))
                                .as("%s: %s, statement %d", regress.name(), row.operation(), number)
                                .isNotNull()
                                .isNotEqualTo("Same."));
            }
        }
    }

    @Test
    void aCaseIsAboutTheStatementsByWhichItDiffers() throws IOException {
        for (RegressCase regress : cases()) {
            for (RegressCase.Row row : regress.rows()) {
                row.why()
                        .ifPresent(number -> assertThat(regress.statements())
                                .as("%s: %s", regress.name(), row.operation())
                                .contains(number));
            }
        }
    }

    @Test
    void theScoreIsTheDocumentedOne() throws IOException {
        RegressTable table = RegressTable.read("unveil.cases");
        RegressScore score = new RegressScore();
        for (RegressCase regress : table.cases()) {
            table.count(
                    regress, regress.rows().stream().map(RegressCase.Row::linux).toList(), score);
        }
        assertThat(DOCUMENT).content().contains(score.summary());
    }

    private static List<RegressCase> cases() throws IOException {
        List<RegressCase> cases =
                new ArrayList<>(RegressTable.read("unveil.cases").cases());
        cases.addAll(RegressTable.read("statements.cases").cases());
        return cases;
    }

    /** What the third column says, by the number in the first. */
    private static Map<Integer, String> linux() throws IOException {
        Map<Integer, String> linux = new TreeMap<>();
        for (String line : Files.readAllLines(DOCUMENT)) {
            String[] cells = line.split("\\|", -1);
            if (cells.length == 5 && cells[1].strip().chars().allMatch(Character::isDigit) && !cells[1].isBlank()) {
                linux.put(Integer.valueOf(cells[1].strip()), cells[3].strip());
            }
        }
        return linux;
    }
}
