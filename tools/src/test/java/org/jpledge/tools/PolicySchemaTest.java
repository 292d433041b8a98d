package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.policy.JsonPolicy;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFilters;
import org.jpledge.tools.policy.Reading;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Includes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/policy-files.md and the published schema say what the reader takes. */
class PolicySchemaTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Variables PLACES = new Variables("/home/ada", "/srv/project");
    private static final Reading SETTINGS = new Reading(Arch.X86_64, PLACES, Includes.NONE);
    private static final JsonSchema SCHEMA =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(PolicyCommand.schema());

    private static PolicyDocument read(String text) throws PolicyException {
        return PolicyDocument.read(text, "x.toml", SETTINGS);
    }

    private static Set<ValidationMessage> validate(String json) {
        return SCHEMA.validate(json, InputFormat.JSON);
    }

    /** The fences of a kind in the document. */
    private static List<String> fences(String kind) throws IOException {
        List<String> fences = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        boolean inside = false;
        for (String line : Files.readAllLines(DOCS.resolve("policy-files.md"))) {
            if (line.equals("```") && inside) {
                fences.add(text.toString());
                inside = false;
            } else if (inside) {
                text.append(line).append('\n');
            } else if (line.equals("```" + kind)) {
                text.setLength(0);
                inside = true;
            }
        }
        return fences;
    }

    @Test
    void thePublishedSchemaIsThatOfTheReader() throws IOException {
        assertThat(Files.readString(DOCS.resolve("policy.schema.json"))).isEqualTo(PolicyCommand.schema());
    }

    @Test
    void everyExampleOfTheDocumentationIsBuilt() throws Exception {
        List<String> examples = new ArrayList<>(fences("toml"));
        List<String> json = fences("json");
        examples.addAll(json);
        assertThat(examples).hasSizeGreaterThan(4);
        for (String example : examples) {
            PolicyDocument policy = read(example);
            for (Filter filter : PolicyFilters.of(policy, Arch.X86_64).values()) {
                assertThat(Compiler.compile(filter).program().length()).isPositive();
            }
            // What was TOML is held against the schema, too.
            assertThat(validate(JsonPolicy.of(policy, PLACES))).as(example).isEmpty();
        }
        assertThat(json)
                .isNotEmpty()
                .allSatisfy(text -> assertThat(validate(text)).isEmpty());
    }

    @Test
    void everyKeyOfTheReaderIsInTheDocumentation() throws IOException {
        String text = Files.readString(DOCS.resolve("policy-files.md"));
        assertThat(PolicyDocument.keys())
                .hasSizeGreaterThan(10)
                .allSatisfy(key -> assertThat(text).contains(key));
    }

    @Test
    void theWrongExampleIsAnsweredAsTheDocumentationSays() throws IOException {
        assertThatThrownBy(() -> read(fences("wrong").getFirst()))
                .hasMessage("x.toml:1:12: promises: unknown promise \"rpth\" (did you mean rpath?)");
        assertThat(Files.readString(DOCS.resolve("policy-files.md")))
                .contains("    x.toml:1:12: promises: unknown promise \"rpth\" (did you mean rpath?)\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"promise\": \"stdio\"}",
                "{\"promises\": \"stdio rpth\"}",
                "{\"promises\": [\"stdio\"]}",
                "{\"unveil\": {\"/etc\": \"q\"}}",
                "{\"unveil\": {\"/etc\": 1}}",
                "{\"unveil\": [\"/etc\"]}",
                "{\"connect\": [70000]}",
                "{\"connect\": 443}",
                "{\"bind\": [\"80\"]}",
                "{\"ignore-missing\": \"yes\"}",
                "{\"limits\": {\"memory\": \"1x\"}}",
                "{\"limits\": {\"time\": 1}}",
                "{\"limits\": {\"cpu\": \"1k\"}}",
                "{\"command\": \"ls\"}",
                "{\"kernel\": 6}",
                "{\"kernel\": \"six\"}",
                "{\"allow\": 1}",
                "{\"on-violation\": 1}",
                "{\"variables\": {\"1a\": \"/x\"}}",
                "{\"filter\": {\"otherwise\": 1, \"rules\": \"read\"}}",
                "{\"filter\": {\"otherwise\": \"kill\", \"rule\": \"read\"}}",
                "{\"filter\": {\"otherwise\": \"kill\", \"architectures\": [\"z80\"], \"rules\": \"read\"}}",
                "{\"filter\": {\"a\": {\"otherwise\": \"kill\", \"rule\": \"read\"}}}",
                "{\"filter\": {\"otherwise\": \"kill\", \"aarch64\": {\"otherwise\": \"kill\"}}}",
                "{\"filter\": {\"otherwise\": \"kill\", \"frequencies\": {\"read\": 1000000}}}",
                "[]",
            })
    void whatTheSchemaRefusesTheReaderRefuses(String json) {
        assertThat(validate(json)).isNotEmpty();
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(PolicyException.class)
                .message()
                .doesNotContain("\n");
    }
}
