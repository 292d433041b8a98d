package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.jpledge.seccomp.Action;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;

/** A policy as the words of a command line. */
public final class CommandText {
    private CommandText() {}

    /**
     * The options, and the command. Filters of a policy's own have none: they are in a file.
     *
     * @param policy the policy
     * @param directory the working directory: paths in it are written from there; empty if none are to be
     * @return words for {@code pledge}, bytes as characters
     */
    public static List<String> words(PolicyDocument policy, String directory) {
        List<String> words = new ArrayList<>(List.of("-p", String.join(" ", policy.words())));
        for (Map.Entry<String, Permissions> unveil : policy.unveilBy(path -> shortest(path, directory))) {
            words.add("-v");
            words.add(unveil.getValue() + ":" + shortest(unveil.getKey(), directory));
        }
        if (policy.ports().isPresent()) {
            add("--connect", policy.ports().get().connect(), words);
            add("--bind", policy.ports().get().bind(), words);
        }
        if (policy.ignoreMissing()) {
            words.add("--ignore-missing");
        }
        policy.onViolation().ifPresent(action -> violation(action, words));
        policy.limits().forEach((limit, value) -> {
            words.add("--" + limit.word());
            words.add(value.toString());
        });
        // In this order: as in a file, what is denied stands first.
        rules("--deny", policy.deny(), words);
        rules("--allow", policy.allow(), words);
        words.add("--");
        words.addAll(policy.command());
        return words;
    }

    private static String shortest(String path, String directory) {
        if (directory.isEmpty() || directory.equals("/") || !RawPath.isIn(path, directory)) {
            return path;
        }
        return path.equals(directory) ? "." : path.substring(directory.length() + 1);
    }

    private static void add(String option, SortedSet<Integer> ports, List<String> words) {
        if (!ports.isEmpty()) {
            words.add(option);
            words.add(String.join(",", ports.stream().map(String::valueOf).toList()));
        }
    }

    private static void violation(Action action, List<String> words) {
        if (action instanceof Action.KillProcess) {
            words.add("-k");
        } else {
            words.add("--on-violation");
            words.add(FilterForm.text(action).replace(' ', ':'));
        }
    }

    private static void rules(String option, List<String> rules, List<String> words) {
        for (String rule : rules) {
            words.add(option);
            words.add(Words.ofText(rule));
        }
    }

    /**
     * As a shell takes it.
     *
     * @param policy the policy
     * @param directory the working directory
     * @return one line without its end, bytes as characters
     */
    public static String line(PolicyDocument policy, String directory) {
        StringBuilder line = new StringBuilder("pledge");
        for (String word : words(policy, directory)) {
            line.append(' ').append(RawPath.quoted(Words.bytes(word)));
        }
        return line.toString();
    }
}
