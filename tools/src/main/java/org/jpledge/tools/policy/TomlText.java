package org.jpledge.tools.policy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.jpledge.landlock.FilePath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;
import org.jspecify.annotations.Nullable;

/** A policy as TOML, with the evidence for each part of it as comments. What is written is read back as it was. */
public final class TomlText {
    private TomlText() {}

    /**
     * The text of a policy.
     *
     * @param policy the policy
     * @param variables names for places in its paths
     * @param head comments that stand above it, a line each
     * @param comments why a word, or a path, is there; what has none stands without
     * @return TOML; what is not UTF-8 cannot be in it, and stands as a comment
     */
    public static String of(
            PolicyDocument policy, Variables variables, List<String> head, Map<String, String> comments) {
        StringBuilder out = new StringBuilder();
        head.forEach(
                line -> out.append(line.isEmpty() ? "#" : "# ").append(line).append('\n'));
        for (String word : policy.words()) {
            String why = comments.get(word);
            if (why != null) {
                out.append("# ").append(word).append(": ").append(why).append('\n');
            }
        }
        if (policy.promises().isPresent()) {
            key(out, Key.PROMISES, quoted(String.join(" ", policy.words())));
        }
        List<Optional<String>> command =
                policy.command().stream().map(TomlText::text).toList();
        if (!command.isEmpty() && command.stream().allMatch(Optional::isPresent)) {
            List<String> words = new ArrayList<>();
            command.forEach(word -> words.add(quoted(word.orElseThrow())));
            key(out, Key.COMMAND, "[" + String.join(", ", words) + "]");
        }
        policy.onViolation().ifPresent(action -> key(out, Key.ON_VIOLATION, quoted(FilterForm.text(action))));
        if (policy.ports().isPresent()) {
            key(out, Key.CONNECT, numbers(policy.ports().get().connect()).toString());
            key(out, Key.BIND, numbers(policy.ports().get().bind()).toString());
        }
        if (policy.ignoreMissing()) {
            key(out, Key.IGNORE_MISSING, "true");
        }
        rules(out, Key.ALLOW, policy.allow());
        rules(out, Key.DENY, policy.deny());
        policy.kernel().ifPresent(kernel -> key(out, Key.KERNEL, quoted(kernel.toString())));
        if (!policy.limits().isEmpty()) {
            out.append("\n[limits]\n");
            policy.limits().forEach((limit, value) -> line(out, limit.word(), value.toString()));
        }
        if (!policy.unveil().isEmpty()) {
            out.append("\n[unveil]\n");
            policy.unveilBy(variables::named)
                    .forEach(each ->
                            append(out, each.getKey(), each.getValue(), variables, comments.get(each.getKey())));
        }
        policy.filters().forEach((name, filter) -> append(out, name, FilterForm.of(filter)));
        return out.toString();
    }

    private static void key(StringBuilder out, Key key, String value) {
        line(out, key.word(), value);
    }

    private static void line(StringBuilder out, String word, String value) {
        out.append(word).append(" = ").append(value).append('\n');
    }

    private static void rules(StringBuilder out, Key key, List<String> rules) {
        if (!rules.isEmpty()) {
            List<String> lines = new ArrayList<>();
            rules.forEach(rule -> lines.add("    " + quoted(rule) + ",\n"));
            key(out, key, "[\n" + String.join("", lines) + "]");
        }
    }

    private static void append(StringBuilder out, String name, FilterForm form) {
        String table = Key.FILTER.word() + (name.equals(PolicyDocument.MAIN) ? "" : "." + name);
        out.append("\n[").append(table).append("]\n");
        List<String> labels = new ArrayList<>();
        form.arches().forEach(arch -> labels.add(quoted(arch.label())));
        key(out, Key.ARCHITECTURES, "[" + String.join(", ", labels) + "]");
        key(out, Key.OTHERWISE, quoted(form.otherwise()));
        key(out, Key.UNKNOWN, quoted(form.unknown()));
        key(out, Key.FOREIGN, quoted(form.foreign()));
        append(out, table, form.common());
        form.parts().forEach((arch, part) -> {
            String own = table + "." + arch.label();
            out.append("\n[").append(own).append("]\n");
            append(out, own, part);
        });
    }

    private static void append(StringBuilder out, String table, FilterForm.Part part) {
        if (!part.rules().isEmpty()) {
            key(out, Key.RULES, "'''\n" + String.join("\n", part.rules()) + "\n'''");
        }
        if (part.frequencies().isPresent()) {
            out.append("\n[")
                    .append(table)
                    .append('.')
                    .append(Key.FREQUENCIES.word())
                    .append("]\n");
            part.frequencies().get().calls().forEach((call, count) -> line(out, call, count.toString()));
        }
    }

    private static void append(
            StringBuilder out, String path, Permissions letters, Variables variables, @Nullable String why) {
        Optional<String> name = text(variables.named(path));
        if (name.isEmpty()) {
            out.append("# not UTF-8: ")
                    .append(FilePath.of(Words.bytes(path)))
                    .append(" = \"")
                    .append(letters)
                    .append("\"\n");
            return;
        }
        out.append(quoted(name.get())).append(" = \"").append(letters).append('"');
        if (why != null) {
            out.append("  # ").append(why);
        }
        out.append('\n');
    }

    private static List<Integer> numbers(SortedSet<Integer> ports) {
        return List.copyOf(ports);
    }

    /** The text that a word's bytes are. */
    static Optional<String> text(String word) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Words.bytes(word)))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f) {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
