package org.jpledge.tools;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.tools.serve.Limit;
import org.jpledge.tools.serve.Method;

/** The manual page, in the man(7) macros that every man(1) understands. */
final class ManualPage {
    private ManualPage() {}

    static String of(String version) {
        return Template.fill(
                "pledge.1",
                Map.of(
                        "VERSION",
                        version,
                        "SYNOPSIS",
                        synopsis(),
                        "COMMANDS",
                        commands(),
                        "OPTIONS",
                        options(),
                        "METHODS",
                        methods(),
                        "LIMITS",
                        limits()));
    }

    private static String synopsis() {
        List<String> lines = new ArrayList<>();
        for (Command command : Command.values()) {
            lines.add(escape(command.synopsis()));
        }
        return ".nf\n" + String.join("\n", lines) + "\n.fi";
    }

    private static String commands() {
        List<String> lines = new ArrayList<>();
        for (Command command : Command.values()) {
            lines.add(".TP\n.B " + command.word() + '\n' + escape(command.meaning()));
        }
        return String.join("\n", lines);
    }

    private static String methods() {
        List<String> lines = new ArrayList<>();
        for (Method method : Method.values()) {
            lines.add(".TP\n.B " + method.word() + '\n' + escape(method.meaning()));
        }
        return String.join("\n", lines);
    }

    private static String limits() {
        List<String> lines = new ArrayList<>();
        for (Limit limit : Limit.values()) {
            lines.add(".TP\n.B " + limit.most() + '\n' + escape(limit.subject() + "; " + limit.beyond()));
        }
        return String.join("\n", lines);
    }

    private static String options() {
        StringBuilder out = new StringBuilder();
        Set<Option> said = EnumSet.noneOf(Option.class);
        for (Group group : Group.values()) {
            out.append(".SS ").append(group.title()).append('\n');
            for (Command command : Command.values()) {
                for (Option option : command.options()) {
                    if (option.group() == group && said.add(option)) {
                        option(out, option, command == Command.RUN ? "" : "With " + first(command.word()) + ": ");
                    }
                }
            }
        }
        out.setLength(out.length() - 1);
        return out.toString();
    }

    /** What commands of two words have in common. */
    private static String first(String word) {
        int space = word.indexOf(' ');
        return space < 0 ? word : word.substring(0, space);
    }

    private static void option(StringBuilder out, Option option, String before) {
        out.append(".TP\n\\fB");
        out.append(escape(String.join(", ", option.spellings())).replace(", ", "\\fR, \\fB"));
        out.append("\\fR");
        if (option.takesArgument()) {
            out.append(" \\fI").append(option.argument()).append("\\fR");
        }
        out.append('\n').append(escape(before + option.meaning())).append('\n');
    }

    /** Dashes stay dashes when they are copied out of the page; none of our texts starts with a dot or a quote. */
    private static String escape(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-");
    }
}
