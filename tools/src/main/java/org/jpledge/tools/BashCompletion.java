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
        StringBuilder members = new StringBuilder();
        for (Command command : Command.values()) {
            if (!command.isMember()) {
                append(names, " ", command.word());
            }
            if (!command.members().isEmpty()) {
                append(members, "\n", members(command));
            }
            StringBuilder words = new StringBuilder();
            for (Option option : command.options()) {
                for (String spelling : option.spellings()) {
                    append(words, " ", spelling);
                    if (option.takesArgument() && withArgument.indexOf(spelling + " ") < 0) {
                        withArgument.append(spelling).append(" | ");
                    }
                }
            }
            append(cases, "\n", "    '" + command.word() + "':-*) words='" + words + "' ;;");
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
                        "MEMBER_CASES", members.toString(),
                        "OPTION_CASES", cases.toString(),
                        "ARGUMENT_PATTERN", withArgument.toString(),
                        "PROMISES", promises.toString()));
    }

    /** The second words of a command. */
    private static String members(Command command) {
        StringBuilder seconds = new StringBuilder();
        for (Command member : command.members()) {
            append(seconds, " ", member.word().substring(command.word().length() + 1));
        }
        return "    " + command.word() + ") words='" + seconds + "' ;;";
    }

    private static void append(StringBuilder out, String separator, String word) {
        if (!out.isEmpty()) {
            out.append(separator);
        }
        out.append(word);
    }
}
