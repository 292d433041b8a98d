package org.jpledge.tools;

import java.util.Map;
import org.jpledge.Promise;

/** The completion script for bash. */
final class BashCompletion {
    private BashCompletion() {}

    static String script() {
        StringBuilder names = new StringBuilder();
        StringBuilder cases = new StringBuilder();
        StringBuilder withArgument = new StringBuilder();
        for (Command command : Command.values()) {
            append(names, " ", command.word());
            StringBuilder words = new StringBuilder();
            for (Option option : command.options()) {
                for (String spelling : option.spellings()) {
                    append(words, " ", spelling);
                    if (option.takesArgument() && withArgument.indexOf(spelling + " ") < 0) {
                        withArgument.append(spelling).append(" | ");
                    }
                }
            }
            append(cases, "\n", "    " + command.word() + ":-*) words='" + words + "' ;;");
        }
        withArgument.setLength(withArgument.length() - " | ".length());
        StringBuilder promises = new StringBuilder();
        for (Promise promise : Promise.values()) {
            append(promises, " ", promise.word());
        }
        return Template.fill(
                "completion.bash",
                Map.of(
                        "COMMANDS", names.toString(),
                        "COMMAND_PATTERN", names.toString().replace(" ", " | "),
                        "OPTION_CASES", cases.toString(),
                        "ARGUMENT_PATTERN", withArgument.toString(),
                        "PROMISES", promises.toString()));
    }

    private static void append(StringBuilder out, String separator, String word) {
        if (!out.isEmpty()) {
            out.append(separator);
        }
        out.append(word);
    }
}
