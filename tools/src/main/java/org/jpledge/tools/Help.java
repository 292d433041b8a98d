package org.jpledge.tools;

import java.util.List;
import org.jpledge.tools.serve.Method;

/** What {@code --help} prints. */
final class Help {
    private static final int WIDTH = 80;
    private static final int INDENT = 28;

    private Help() {}

    /** Help for the command as a whole; it is that of {@code run} with a list of the others but those of two words. */
    static String of(Command command) {
        StringBuilder out = new StringBuilder();
        List<Command> members = command.members();
        for (Command one : Command.values()) {
            if (one == command || (command == Command.RUN && !one.isMember()) || members.contains(one)) {
                out.append(out.isEmpty() ? "usage: " : "       ")
                        .append(one.synopsis())
                        .append('\n');
            }
        }
        out.append('\n').append(command.meaning()).append('\n');
        for (Command member : members) {
            out.append("  ").append(member.word());
            wrap(out, member.meaning(), member.word().length() + 2);
        }
        for (Group group : Group.values()) {
            boolean first = true;
            for (Option option : command.options()) {
                if (option.group() == group) {
                    if (first) {
                        out.append('\n').append(group.title()).append(":\n");
                        first = false;
                    }
                    option(out, option);
                }
            }
        }
        if (command == Command.SERVE) {
            out.append("\nMethods of JSON-RPC; docs/serve.md has what they take and give:\n");
            for (Method method : Method.values()) {
                out.append("  ").append(method.word());
                wrap(out, method.meaning(), method.word().length() + 2);
            }
        }
        if (command == Command.RUN) {
            out.append("""

                    Exit status: the program's own, 128+n if signal n ended it; 64 wrong usage,
                    125 failure of pledge, 126 the command cannot be executed, 127 not found.
                    Example: pledge -p 'stdio rpath' -- ls /etc
                    """);
        }
        return out.toString();
    }

    private static void option(StringBuilder out, Option option) {
        int start = out.length();
        out.append("  ");
        if (option.letter() == 0) {
            out.append("    ");
        } else {
            out.append('-').append(option.letter()).append(", ");
        }
        out.append("--").append(option.word());
        if (option.takesArgument()) {
            out.append(' ').append(option.argument());
        }
        int column = out.length() - start;
        if (column >= INDENT) {
            out.append('\n');
            column = 0;
        }
        wrap(out, option.meaning(), column);
    }

    private static void wrap(StringBuilder out, String text, int column) {
        int at = 0;
        while (at < text.length()) {
            while (column < INDENT) {
                out.append(' ');
                column++;
            }
            int end = Math.min(text.length(), at + WIDTH - INDENT);
            if (end < text.length()) {
                end = text.lastIndexOf(' ', end);
            }
            out.append(text, at, end).append('\n');
            at = end + 1;
            column = 0;
        }
    }
}
