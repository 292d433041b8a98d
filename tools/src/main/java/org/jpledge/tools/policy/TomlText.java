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

/** A policy as TOML, with the evidence for each part of it as comments. */
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
        out.append("promises = ")
                .append(quoted(String.join(" ", policy.words())))
                .append('\n');
        List<Optional<String>> command =
                policy.command().stream().map(TomlText::text).toList();
        if (!command.isEmpty() && command.stream().allMatch(Optional::isPresent)) {
            List<String> words = new ArrayList<>();
            command.forEach(word -> words.add(quoted(word.orElseThrow())));
            out.append("command = [").append(String.join(", ", words)).append("]\n");
        }
        if (policy.ports().isPresent()) {
            out.append("connect = ")
                    .append(numbers(policy.ports().get().connect()))
                    .append('\n');
            out.append("bind = ").append(numbers(policy.ports().get().bind())).append('\n');
        }
        if (policy.ignoreMissing()) {
            out.append("ignore-missing = true\n");
        }
        if (!policy.unveil().isEmpty()) {
            out.append("\n[unveil]\n");
            policy.unveil().forEach((path, letters) -> append(out, path, letters, variables, comments.get(path)));
        }
        return out.toString();
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
    private static Optional<String> text(String word) {
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
