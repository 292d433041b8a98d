package org.jpledge.tools.learn;

import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;

/** A call as one line of text, for people who want to know why. */
final class Example {
    private static final int LONGEST = 60;

    private Example() {}

    static String of(Syscall call) {
        StringBuilder text = new StringBuilder(call.name()).append('(');
        String between = "";
        for (Argument argument : call.arguments()) {
            String part = text(argument);
            if (!part.isEmpty()) {
                text.append(between).append(part);
                between = ", ";
            }
        }
        text.append(')');
        if (call.outcome() instanceof Outcome.Failed(String errno)) {
            text.append(" = ").append(errno);
        }
        return text.toString();
    }

    private static String text(Argument argument) {
        return switch (argument) {
            case Argument.Whole whole -> Long.toString(whole.value());
            case Argument.Symbols symbols -> symbols.text();
            case Argument.Descriptor descriptor ->
                descriptor.number() < 0
                        ? ""
                        : descriptor.number() + (descriptor.what().isEmpty() ? "" : "<" + descriptor.what() + ">");
            case Argument.PathName path -> '"' + path.written() + '"';
            case Argument.Socket socket -> text(socket.endpoint());
            case Argument.Structure structure -> structure(structure);
            case Argument.Strings strings when String.join("", strings.items()).isEmpty() -> "";
            case Argument.Strings strings ->
                "[" + String.join(", ", strings.items()) + (strings.items().size() < strings.count() ? ", ...]" : "]");
            case Argument.Address _, Argument.Data _ -> "";
        };
    }

    private static String structure(Argument.Structure structure) {
        StringBuilder text = new StringBuilder("{");
        for (Argument.Field field : structure.fields()) {
            text.append(text.length() == 1 ? "" : ", ").append(field.written());
        }
        return text.length() > LONGEST
                ? text.substring(0, LONGEST) + "...}"
                : text.append('}').toString();
    }

    private static String text(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Internet internet -> internet.host() + " port " + internet.port();
            case Endpoint.Local local -> (local.isAbstract() ? "@" : "") + local.path();
            case Endpoint.Netlink _ -> "netlink";
            case Endpoint.Other other -> other.family();
        };
    }
}
