package org.jpledge.tools.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

class TomlReadingTest {
    private static final List<String> SAMPLES = List.of(
            "a = 1\nb = 'x'\n[c]\nd = [1, 2, [ 'y' ],\n]\n[c.e]\nf = true # why\n",
            "a.b.c = 1\na.b.d = 0x1F\n\"q r\".'s' = { t = 1, u.v = \"\\u00e4\\n\" }\n",
            "x = '''\nraw \\n\n'two''\n'''\ny = \"\"\"a\\\n   b\"\"c\"\"\"\n",
            "[a.b]\nc = 1_000\n[a]\nd = -0\ne = +7\nf = 1.5e3\ng = 0o17\nh = 0b101\n",
            "# only\r\na = [ # one\r\n 1, # two\r\n]\r\nb = {}\r\n",
            "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = \"#[]{}=\"\n[\"\"]\n'' = 1\n");

    private static final String SIGNS = "abx01 _-.=,#'\"[]{}\n\\tunrE+";

    @Test
    void readsWhatAnotherReaderReads() throws SyntaxException {
        for (String sample : SAMPLES) {
            TomlParseResult expected = Toml.parse(sample);
            assertThat(expected.errors()).as(sample).isEmpty();
            assertThat(plain(TomlReading.read(sample))).as(sample).isEqualTo(plain(expected));
        }
    }

    @Test
    void refusesWhatAnotherReaderRefuses() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        int read = 0;
        for (int round = 0; round < 4000; round++) {
            // The other reader takes some carriage returns after comments for signs.
            StringBuilder changed = new StringBuilder(
                    SAMPLES.get(random.nextInt(SAMPLES.size())).replace("\r", ""));
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                int at = random.nextInt(changed.length());
                char sign = SIGNS.charAt(random.nextInt(SIGNS.length()));
                switch (random.nextInt(3)) {
                    case 0 -> changed.setCharAt(at, sign);
                    case 1 -> changed.insert(at, sign);
                    default -> changed.deleteCharAt(at);
                }
            }
            String text = changed.toString();
            TomlParseResult expected = Toml.parse(text);
            Object own;
            try {
                own = plain(TomlReading.read(text));
            } catch (SyntaxException e) {
                if (e.reason().contains("a policy has no")) {
                    continue;
                }
                own = e.line() + ":" + e.column() + ": " + e.reason();
            }
            if (expected.hasErrors()) {
                assertThat(own).as(text + expected.errors()).isInstanceOf(String.class);
            } else {
                assertThat(own).as(text).isEqualTo(plain(expected));
                read++;
            }
        }
        assertThat(read).isBetween(500, 3500);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a | 1:2: = is expected after the key \"a\", not the end of the file",
                "a b = 1 | 1:3: = is expected after the key \"a\", not 'b'; a key with spaces is written in quotes",
                "a = | 1:4: a value is expected here, not the end of the file",
                "a = stdio rpath | 1:5: a value is expected here, not stdio; text is written in quotes",
                "a = 'x | 1:5: this text has no closing quote",
                "a = '''x;y | 1:5: this text has no closing quote",
                "a = \"\\q\" | 1:7: no such escape: \\q",
                "a = 1 2 | 1:7: the end of the line is expected here, not '2'",
                "a = [1 2] | 1:8: a comma or ] is expected here, not '2'",
                "a = {b = 1 | 1:11: a comma or } is expected here, not the end of the file",
                "a = 1;a = 2 | 2:1: \"a\" is there already, in line 1",
                "[a];[b];[a] | 3:2: \"a\" is there already, in line 1",
                "a = {};[a.b] | 2:2: \"a\" is there already, in line 1",
                "[[a]] | 1:1: a policy has no lists of tables: [ is expected here, not [[",
                "[a | 1:3: ] is expected after the table's name, not the end of the file",
                "a = 12:30:00 | 1:5: a policy has no dates and times: 12:30:00",
                "= 1 | 1:1: a key is expected here, not '='",
                "a. = 1 | 1:4: a key after the dot is expected here, not '='",
            })
    void errorsHaveTheirPlace(String text, String error) {
        assertThatThrownBy(() -> TomlReading.read(text.replace(';', '\n')))
                .isInstanceOfSatisfying(
                        SyntaxException.class,
                        e -> assertThat(e.line() + ":" + e.column() + ": " + e.reason())
                                .isEqualTo(error));
    }

    @Test
    void bombsAreRefusedQuickly() {
        assertThatThrownBy(() -> TomlReading.read("a = " + "[".repeat(10_000_000)))
                .hasMessage("more than 64 tables and lists lie in one another");
        assertThatThrownBy(() -> TomlReading.read("a.".repeat(5_000_000) + "a = 1"))
                .hasMessage("more than 64 tables lie in one another");
        assertThatThrownBy(() -> TomlReading.read("a = [" + "1,".repeat(5_000_000) + "]"))
                .hasMessage("there are more than 200000 values, which is no policy");
    }

    private static Object plain(Node node) {
        return switch (node) {
            case Node.Members members -> {
                Map<String, Object> all = new LinkedHashMap<>();
                members.members().forEach((name, value) -> all.put(name, plain(value)));
                yield all;
            }
            case Node.Items items ->
                items.items().stream().map(TomlReadingTest::plain).toList();
            case Node.Text text -> text.text();
            case Node.Digits digits ->
                digits.digits().matches("-?[0-9]+") ? digits.digits() : Double.toString(real(digits.digits()));
            case Node.Truth truth -> truth.truth();
            case Node.Nothing _ -> "null";
        };
    }

    private static double real(String digits) {
        return Double.parseDouble(digits.replace("inf", "Infinity").replace("nan", "NaN"));
    }

    private static Object plain(Object value) {
        return switch (value) {
            case TomlTable table -> {
                Map<String, Object> all = new LinkedHashMap<>();
                table.entrySet().forEach(each -> all.put(each.getKey(), plain(each.getValue())));
                yield all;
            }
            case TomlArray array -> {
                List<Object> all = new ArrayList<>();
                array.toList().forEach(each -> all.add(plain(each)));
                yield all;
            }
            case Long number -> number.toString();
            case Double number -> number.toString();
            default -> value;
        };
    }
}
