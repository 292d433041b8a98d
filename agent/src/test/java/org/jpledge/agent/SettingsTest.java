package org.jpledge.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jpledge.Preload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the text behind -javaagent:...= means. */
class SettingsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "stdio",
                "stdio rpath inet dns;r:/srv",
                "stdio rpath;/srv;rwc:/tmp;:/srv/secret;./a=b;r:c=d",
                "stdio inet;connect=443;connect=53;bind=8080;bind=0",
                "stdio;onviolation=kill;preload=management;besteffort=yes"
            })
    void wellFormedTextIsRead(String text) {
        assertThat(Settings.parse(text)).isNotNull();
    }

    @Test
    void optionsAreKept() {
        Settings settings = Settings.parse("stdio rpath;preload=management;besteffort=yes");
        assertThat(settings.reads()).isTrue();
        assertThat(settings.bestEffort()).isTrue();
        assertThat(settings.preload()).containsExactly(Preload.MANAGEMENT);
        assertThat(Settings.parse("stdio;besteffort=no")).matches(plain -> !plain.reads() && !plain.bestEffort());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "stdio rpaht             | unknown promise \"rpaht\" (did you mean rpath?)",
                "stdio;rz:/etc           | 'z' is no permission",
                "stdio;r:                | empty",
                "stdio;                  | nothing between semicolons",
                "stdio;;/etc             | nothing between semicolons",
                "stdio;conect=443        | \"conect=443\" is no option: connect=, bind=, onviolation=",
                "stdio;connect=https     | connect=https: \"https\" is no port number",
                "stdio;connect=70000     | 70000 is no port",
                "stdio;onviolation=die   | onviolation=die: \"die\" is not among refuse, kill, trap",
                "stdio;preload=everything| \"everything\" is not among class_path, files",
                "stdio;besteffort=maybe  | \"maybe\" is not yes or no"
            })
    void aWrongWordIsNamedInOneLine(String text, String message) {
        assertThatThrownBy(() -> Settings.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .message()
                .hasLineCount(1);
    }

    @Test
    void withoutTextThereAreNoPromises() {
        assertThatThrownBy(() -> Settings.parse(null)).hasMessageContaining("no promises");
    }
}
