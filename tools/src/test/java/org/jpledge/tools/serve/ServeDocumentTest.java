package org.jpledge.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tables of docs/serve.md are those of the server. What a failure expects can be put there as it is. */
class ServeDocumentTest {
    private static List<String> table(String head) throws IOException {
        List<String> rows = new ArrayList<>();
        boolean isInside = false;
        for (String line : Files.readAllLines(Path.of("../docs/serve.md"))) {
            if (isInside && !line.startsWith("|")) {
                return rows;
            }
            if (isInside && !line.startsWith("| ---")) {
                rows.add(line);
            }
            isInside |= line.equals(head);
        }
        return rows;
    }

    @Test
    void everyMethodStandsThere() throws Exception {
        List<String> rows = new ArrayList<>();
        for (Method method : Method.values()) {
            rows.add("| `" + method.word() + "` | " + method.meaning() + " | " + method.result() + " |");
        }
        assertThat(table("| method | what it does | its result |")).isEqualTo(rows);
    }

    @Test
    void everyParameterStandsThereWithTheMethodsThatTakeIt() throws Exception {
        Map<Param, List<String>> methods = new LinkedHashMap<>();
        for (Method method : Method.values()) {
            for (Param param : method.params()) {
                methods.computeIfAbsent(param, _ -> new ArrayList<>()).add(method.word());
            }
        }
        List<String> rows = new ArrayList<>();
        methods.forEach((param, words) -> rows.add("| `" + param.name() + "` | " + String.join(", ", words) + " | "
                + param.kind().text() + (param.isNeeded() ? "; needed" : "") + " | " + param.meaning() + " |"));
        assertThat(table("| parameter | of | what it is | what it says |")).isEqualTo(rows);
    }

    @Test
    void everyErrorStandsThere() throws Exception {
        List<String> rows = new ArrayList<>();
        for (ErrorCode code : ErrorCode.values()) {
            rows.add("| `" + code.code() + "` | " + code.meaning() + " |");
        }
        assertThat(table("| code | what is wrong |")).isEqualTo(rows);
    }

    @Test
    void everyLimitStandsThere() throws Exception {
        List<String> rows = new ArrayList<>();
        for (Limit limit : Limit.values()) {
            rows.add("| `" + limit.word() + "` | " + limit.most() + " " + limit.subject() + " | " + limit.beyond()
                    + " |");
        }
        assertThat(table("| limit | so many | beyond |")).isEqualTo(rows);
    }
}
