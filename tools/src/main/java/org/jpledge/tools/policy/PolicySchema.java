package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.promise.PromiseTable;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Json;

/**
 * The JSON Schema (draft 2020-12) of a policy's file, made of the rows that the reader uses. It says what can be said about
 * shapes; that a rule is right, or a file to include is there, only the reader knows.
 */
public final class PolicySchema {
    private static final int MOST_PORT = 65_535;
    private static final int MOST_FREQUENCY = 100_000;
    private static final String PERMISSIONS = "^[rwxc]*$";
    private static final String VERSION = "^[0-9]+\\.[0-9]+(\\.[0-9]+)?$";
    private static final String NAME = "^[A-Za-z_][A-Za-z0-9_]*$";
    private static final String PLACE = "^[/$]";
    private static final String SIZE = "^[0-9]+[kmgtKMGT]?$";

    private PolicySchema() {}

    /**
     * The schema.
     *
     * @return an object
     */
    public static Json.Members of() {
        Json.Members schema = new Json.Members()
                .with("$schema", "https://json-schema.org/draft/2020-12/schema")
                .with("title", "A policy of pledge")
                .with("description", "What a program may do. The same keys stand in a TOML file.");
        return table(schema, Key.ofPolicy()).with("additionalProperties", new Json.Truth(false));
    }

    private static Json.Members table(Json.Members schema, List<Key> keys) {
        Json.Members properties = new Json.Members();
        for (Key key : keys) {
            properties.with(key.word(), of(key.shape()).with("description", key.meaning()));
        }
        return schema.with("type", "object").with("properties", properties);
    }

    private static Json.Members of(Shape shape) {
        return switch (shape) {
            case PROMISES -> promises();
            case ACTION -> text();
            case VERSION -> text(VERSION);
            case TRUTH -> new Json.Members().with("type", "boolean");
            case COMMAND -> list(text());
            case FILES, RULES -> new Json.Members().with("anyOf", either(text(), list(text())));
            case PORTS -> list(whole(MOST_PORT));
            case ARCHITECTURES -> list(new Json.Members().with("enum", labels()));
            case UNVEIL -> map(PLACE, text(PERMISSIONS));
            case LIMITS -> limits();
            case VARIABLES -> map(NAME, text(PLACE));
            case FREQUENCIES ->
                new Json.Members().with("type", "object").with("additionalProperties", whole(MOST_FREQUENCY));
            case FILTERS ->
                filter().with("additionalProperties", filter().with("additionalProperties", new Json.Truth(false)));
        };
    }

    private static Json.Members promises() {
        String word = "(" + String.join("|", PromiseTable.standard().words()) + ")";
        return text("^\\s*(" + word + "(\\s+" + word + ")*)?\\s*$");
    }

    private static Json.Members limits() {
        Json.Members properties = new Json.Members();
        for (Limit limit : Limit.values()) {
            Json.Members number = new Json.Members().with("type", "integer").with("minimum", new Json.Whole(0));
            properties.with(
                    limit.word(),
                    (limit.unit() == Limit.Unit.BYTES
                                    ? new Json.Members().with("anyOf", either(number, text(SIZE)))
                                    : number.with(
                                            "maximum",
                                            new Json.Whole(limit.unit().most())))
                            .with("description", limit.meaning()));
        }
        return new Json.Members()
                .with("type", "object")
                .with("properties", properties)
                .with("additionalProperties", new Json.Truth(false));
    }

    /** A filter, with its parts for single architectures. */
    private static Json.Members filter() {
        Json.Members filter = table(new Json.Members(), Key.ofFilter());
        Json.Members part = table(new Json.Members(), Key.ofPart()).with("additionalProperties", new Json.Truth(false));
        return filter.with(
                "patternProperties", new Json.Members().with("^(" + String.join("|", labels()) + ")$", part));
    }

    private static List<String> labels() {
        List<String> labels = new ArrayList<>();
        for (Arch arch : Arch.values()) {
            labels.add(arch.label());
        }
        return labels;
    }

    private static Json.Members map(String names, Json.Members value) {
        return new Json.Members()
                .with("type", "object")
                .with("patternProperties", new Json.Members().with(names, value))
                .with("additionalProperties", new Json.Truth(false));
    }

    private static Json.Members list(Json.Members item) {
        return new Json.Members().with("type", "array").with("items", item);
    }

    private static Json.Items either(Json.Value... values) {
        return new Json.Items(List.of(values));
    }

    private static Json.Members text() {
        return new Json.Members().with("type", "string");
    }

    private static Json.Members text(String pattern) {
        return text().with("pattern", pattern);
    }

    private static Json.Members whole(long most) {
        return new Json.Members()
                .with("type", "integer")
                .with("minimum", new Json.Whole(0))
                .with("maximum", new Json.Whole(most));
    }
}
