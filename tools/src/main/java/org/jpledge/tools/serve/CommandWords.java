package org.jpledge.tools.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.tools.text.Node;

/**
 * The parameters of a request as the words of a command line, so that there is one place that says what they mean: {@code promises} is
 * {@code -p}, {@code unveil} is {@code -v}, and so on; a member of {@code options} is the long option of that name; {@code words} are
 * words.
 */
public final class CommandWords {
    private CommandWords() {}

    /**
     * The words.
     *
     * @param command the first of them
     * @param flags what {@code options} may have in it
     * @param policy a place from which the text of a policy can be read, where the request has such a text
     * @param call the request
     * @return the words, a character for each byte
     * @throws RequestException if a parameter cannot be words, or two contradict each other
     */
    public static List<String> of(String command, List<Flag> flags, Optional<String> policy, Call call)
            throws RequestException {
        List<String> words = new ArrayList<>();
        words.add(command);
        for (String promises : call.words("promises")) {
            words.add("--promises=" + promises);
        }
        for (String unveil : unveils(call)) {
            words.add("--unveil=" + unveil);
        }
        for (int port : call.numbers("connect")) {
            words.add("--connect=" + port);
        }
        for (int port : call.numbers("bind")) {
            words.add("--bind=" + port);
        }
        Optional<String> named = policy.isPresent() ? policy : call.text("policy");
        named.ifPresent(place -> words.add("--policy=" + place));
        words.addAll(options(flags, call));
        words.addAll(call.words("words"));
        List<String> program = call.words("command");
        if (!program.isEmpty()) {
            words.add("--");
            words.addAll(program);
        }
        return words;
    }

    /**
     * Whether the policy of a request is its text, not a file's name: it has lines, or begins as JSON does.
     *
     * @param call the request
     * @return the text
     * @throws RequestException if it cannot be a word
     */
    public static Optional<String> policyText(Call call) throws RequestException {
        return call.text("policy").filter(text -> text.indexOf('\n') >= 0 || text.startsWith("{"));
    }

    private static List<String> unveils(Call call) throws RequestException {
        if (call.params().find("unveil").orElse(null) instanceof Node.Members) {
            List<String> unveils = new ArrayList<>();
            call.map("unveil").forEach((path, permissions) -> unveils.add(permissions + ":" + path));
            return unveils;
        }
        return call.words("unveil");
    }

    private static List<String> options(List<Flag> flags, Call call) throws RequestException {
        Map<String, Flag> known = new LinkedHashMap<>();
        flags.forEach(flag -> known.put(flag.word(), flag));
        List<String> words = new ArrayList<>();
        if (call.params().find("options").orElse(null) instanceof Node.Members members) {
            for (Map.Entry<String, Node> member : members.members().entrySet()) {
                Flag flag = known.get(member.getKey());
                if (flag == null) {
                    throw Call.wrong(
                            "options",
                            Node.suggesting(
                                    "there is no option \"" + member.getKey() + "\" here",
                                    member.getKey(),
                                    known.keySet()));
                }
                option(flag, member.getValue(), words);
            }
        }
        return words;
    }

    private static void option(Flag flag, Node value, List<String> words) throws RequestException {
        String option = "--" + flag.word();
        switch (value) {
            case Node.Truth truth
            when !flag.takesArgument() -> {
                if (truth.truth()) {
                    words.add(option);
                }
            }
            case Node.Digits digits when flag.takesArgument() -> words.add(option + "=" + digits.digits());
            case Node.Text text when flag.takesArgument() -> words.add(option + "=" + Call.word(flag.word(), text));
            case Node.Items items
            when flag.repeated() -> {
                for (Node item : items.items()) {
                    words.add(option + "=" + Call.word(flag.word(), item));
                }
            }
            default ->
                throw Call.wrong(
                        "options",
                        "\"" + flag.word() + "\" is "
                                + (flag.takesArgument()
                                        ? flag.repeated() ? "a text or a list of texts" : "a text or a number"
                                        : "true or false")
                                + ", not " + value.kind());
        }
    }

    /**
     * The environment of a request.
     *
     * @param call the request
     * @param own the server's own
     * @return entries {@code NAME=value}; the server's own, if the request has none
     * @throws RequestException if an entry has no name
     */
    public static List<String> environment(Call call, List<String> own) throws RequestException {
        if (!call.has("environment")) {
            return own;
        }
        List<String> entries = new ArrayList<>();
        if (call.params().find("environment").orElse(null) instanceof Node.Members) {
            for (Map.Entry<String, String> entry : call.map("environment").entrySet()) {
                if (entry.getKey().indexOf('=') >= 0) {
                    throw Call.wrong("environment", "\"" + entry.getKey() + "\" is no name: it has a =");
                }
                entries.add(entry.getKey() + "=" + entry.getValue());
            }
        } else {
            entries.addAll(call.words("environment"));
        }
        for (String entry : entries) {
            if (entry.indexOf('=') <= 0) {
                throw Call.wrong("environment", "\"" + entry + "\" is no NAME=value");
            }
        }
        return entries;
    }
}
