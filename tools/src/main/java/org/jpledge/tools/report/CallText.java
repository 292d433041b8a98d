package org.jpledge.tools.report;

import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.Words;

/** A refused call in short: what decided, and not where in memory it lay. So the same refusal has the same text each time. */
final class CallText {
    private static final int AT_FDCWD = -100;
    private static final List<String> UNIMPORTANT = List.of("O_CLOEXEC", "O_LARGEFILE", "SOCK_CLOEXEC");

    private CallText() {}

    /** Such as {@code openat("/etc/passwd", O_RDONLY)}. */
    static String of(Syscall call) {
        List<String> parts = new ArrayList<>();
        for (Argument argument : call.arguments()) {
            String part = part(argument);
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        return call.name() + "(" + String.join(", ", parts) + ")";
    }

    private static String part(Argument argument) {
        return switch (argument) {
            case Argument.PathName path -> quoted(path.written());
            case Argument.Symbols symbols -> important(symbols.text());
            case Argument.Socket socket -> text(socket.endpoint());
            case Argument.Descriptor descriptor when descriptor.number() == AT_FDCWD -> "";
            case Argument.Descriptor descriptor ->
                descriptor.number() + (descriptor.what().startsWith("/") ? "<" + shown(descriptor.what()) + ">" : "");
            case Argument.Whole whole when whole.name().equals("addrlen") -> "";
            case Argument.Whole whole -> Long.toString(whole.value());
            case Argument.Strings strings -> "[" + strings.count() + " strings]";
            default -> "";
        };
    }

    private static String important(String flags) {
        List<String> kept = new ArrayList<>();
        for (String flag : flags.split("\\|", -1)) {
            if (!UNIMPORTANT.contains(flag)) {
                kept.add(flag);
            }
        }
        return String.join("|", kept);
    }

    private static String text(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Internet internet ->
                (internet.host().indexOf(':') >= 0 ? "[" + internet.host() + "]" : internet.host()) + ":"
                        + internet.port();
            case Endpoint.Local local -> quoted((local.isAbstract() ? "@" : "") + local.path());
            case Endpoint.Netlink _ -> "netlink";
            case Endpoint.Other other -> other.family();
        };
    }

    private static String quoted(String path) {
        return '"' + shown(path).replace("\"", "\\\"") + '"';
    }

    /** No byte of a program's gets to a terminal that could drive it. */
    private static String shown(String bytes) {
        return Words.readable(bytes.replace('\0', ' '));
    }
}
