package org.jpledge.tools.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

public class JsonTest {
    /** Reads what strictly is JSON, and nothing else. */
    public static JsonElement parse(String text) {
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        return JsonParser.parseReader(reader);
    }

    @Test
    void everyValueIsWhatAReaderReads() {
        Json.Members all = new Json.Members()
                .with("text", "a \"b\" \\ c/\n\t\u0000\u007f é \uD83D\uDE00")
                .with("texts", List.of("", "x"))
                .with("none", List.of())
                .with("number", new Json.Whole(-9007199254740991L))
                .with("yes", new Json.Truth(true))
                .with("nothing", new Json.Nothing())
                .with("", new Json.Members());
        String text = Json.text(all);
        assertThat(text).matches("[ -~]*\n");
        assertThat(parse(text))
                .isEqualTo(parse("{\"text\":\"a \\\"b\\\" \\\\ c\\/\\n\\t\\u0000\\u007f é \uD83D\uDE00\","
                        + "\"texts\":[\"\",\"x\"],\"none\":[],\"number\":-9007199254740991,\"yes\":true,\"nothing\":null,"
                        + "\"\":{}}"));
    }

    @Test
    void anyTextComesBack() {
        Random random = new Random(7);
        for (int i = 0; i < 500; i++) {
            StringBuilder text = new StringBuilder();
            for (int j = random.nextInt(20); j > 0; j--) {
                text.append((char) random.nextInt(0xd800));
            }
            assertThat(parse(Json.text(new Json.Text(text.toString()))).getAsString())
                    .isEqualTo(text.toString());
        }
    }

    @Test
    void bytesThatAreNoTextAreShown() {
        assertThat(Json.ofBytes(new byte[] {'a', (byte) 0xff, (byte) 0xc3, (byte) 0xa9, '\n'}))
                .isEqualTo("a\\xff\u00e9\\x0a");
    }
}
