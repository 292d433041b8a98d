package org.jpledge.tools.transcript;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;

/** Arguments as strace writes them, read with the names and types that the system call has. */
final class Arguments {
    /** What a pointer is that is not null. */
    private static final long SOMEWHERE = 1;

    private static final int HERE = -100;

    private static final Set<String> PATHS = Set.of(
            "pathname", "filename", "path", "oldpath", "newpath", "target", "linkpath", "dev", "dir", "new_root");

    private Arguments() {}

    /**
     * Reads the arguments of a call.
     *
     * @param call the call
     * @param signature what its parameters are
     * @param place where the process is
     */
    static List<Argument> of(Written call, Signature signature, Whereabouts place) {
        List<Parameter> parameters = signature.parameters();
        Argument[] arguments = new Argument[Math.min(call.arguments().size(), parameters.size())];
        int next = 0;
        for (String text : call.arguments()) {
            OptionalInt named = named(text, signature);
            int at = named.orElse(next);
            if (at < arguments.length || named.isPresent() && at < parameters.size()) {
                if (at >= arguments.length) {
                    arguments = Arrays.copyOf(arguments, at + 1);
                }
                String value = named.isPresent() ? text.substring(text.indexOf('=') + 1) : text;
                String base = at > 0 ? directory(arguments[at - 1], place) : place.directory();
                arguments[at] = argument(parameters.get(at), value, call.arch(), base, place);
                next = at + 1;
            }
        }
        List<Argument> all = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            all.add(arguments[i] == null ? new Argument.Whole(parameters.get(i).name(), 0, 0) : arguments[i]);
        }
        return all;
    }

    /** clone(2) is written with names, and in another order. */
    private static OptionalInt named(String text, Signature signature) {
        int equals = text.indexOf('=');
        if (equals <= 0 || !Character.isLetter(text.charAt(0))) {
            return OptionalInt.empty();
        }
        String name = switch (text.substring(0, equals)) {
            case "child_stack" -> "stack";
            case "parent_tidptr" -> "parent_tid";
            case "child_tidptr" -> "child_tid";
            default -> text.substring(0, equals);
        };
        return signature.position(name);
    }

    /** What a path is relative to that follows an argument. */
    private static String directory(Argument before, Whereabouts place) {
        return before instanceof Argument.Descriptor descriptor
                        && descriptor.name().contains("dirfd")
                        && descriptor.number() != HERE
                ? descriptor.what()
                : place.directory();
    }

    private static Argument argument(Parameter parameter, String text, Arch arch, String base, Whereabouts place) {
        String name = parameter.name();
        Constants constants = Constants.of(arch);
        if (name.endsWith("fd") && !parameter.isPointer()) {
            return descriptor(name, text, constants, place);
        }
        if (parameter.isPointer()) {
            return pointer(parameter, text, constants, base, place);
        }
        OptionalLong value = Numbers.value(text, constants);
        if (!text.isEmpty() && Character.isLetter(text.charAt(0)) || text.contains("|")) {
            return new Argument.Symbols(name, value.orElse(0), text);
        }
        if (value.isEmpty()) {
            return other(name, text);
        }
        return text.startsWith("0x")
                ? new Argument.Address(name, value.getAsLong())
                : new Argument.Whole(name, value.getAsLong(), value.getAsLong());
    }

    private static Argument descriptor(String name, String text, Constants constants, Whereabouts place) {
        int bracket = text.indexOf('<');
        String number = bracket < 0 ? text : text.substring(0, bracket);
        int fd = (int) Numbers.value(number, constants).orElse(-1);
        String what = opened(text);
        if (fd == HERE) {
            if (!what.isEmpty()) {
                place.wentTo(what);
            }
            return new Argument.Descriptor(name, fd, fd, place.directory());
        }
        if (!what.isEmpty()) {
            place.opened(fd, what);
        }
        return new Argument.Descriptor(name, fd, fd, place.at(fd));
    }

    /** What strace -y says of a descriptor: {@code 3</etc/passwd>}; empty if it does not. */
    static String opened(String text) {
        int bracket = text.indexOf('<');
        if (bracket <= 0 || bracket + 1 >= text.length()) {
            return "";
        }
        int end = Pieces.opened(text, bracket);
        return end <= bracket + 1 ? "" : Pieces.string('"' + text.substring(bracket + 1, end - 1) + '"');
    }

    private static Argument pointer(
            Parameter parameter, String text, Constants constants, String base, Whereabouts place) {
        String name = parameter.name();
        if (text.startsWith("\"")) {
            String string = Pieces.string(text);
            // What is cut off names another file.
            boolean whole = Pieces.quoted(text, 0) == text.length();
            String absolute = Whereabouts.absolute(base, string);
            return whole && PATHS.contains(name) && parameter.type().contains("char")
                    ? new Argument.PathName(name, SOMEWHERE, string, absolute, place.own(absolute))
                    : new Argument.Data(name, SOMEWHERE, string, whole ? string.length() : -1);
        }
        if (text.startsWith("{sa_family=")) {
            return new Argument.Socket(name, SOMEWHERE, endpoint(text, base));
        }
        OptionalLong value = Numbers.value(text, constants);
        return value.isPresent() ? new Argument.Address(name, value.getAsLong()) : other(name, text);
    }

    /** A structure, a list, or what nobody knows. */
    private static Argument other(String name, String text) {
        int close = text.startsWith("{") || text.startsWith("[") ? Pieces.close(text, 0) : -1;
        if (close < 0) {
            return new Argument.Symbols(name, text.isEmpty() ? 0 : SOMEWHERE, text);
        }
        List<String> pieces = Pieces.split(text.substring(1, close - 1));
        if (text.startsWith("[\"")) {
            List<String> items = new ArrayList<>();
            for (String piece : pieces) {
                if (piece.startsWith("\"")) {
                    items.add(Pieces.string(piece));
                }
            }
            return new Argument.Strings(name, SOMEWHERE, items, items.size());
        }
        List<Argument.Field> fields = new ArrayList<>();
        for (String piece : pieces) {
            int equals = text.startsWith("{") ? piece.indexOf('=') : -1;
            fields.add(
                    equals < 0
                            ? new Argument.Field("", piece)
                            : new Argument.Field(piece.substring(0, equals), piece.substring(equals + 1)));
        }
        return new Argument.Structure(name, SOMEWHERE, fields);
    }

    private static Endpoint endpoint(String text, String base) {
        int close = Pieces.close(text, 0);
        String family = "";
        String host = "";
        int port = 0;
        int netlink = 0;
        int groups = 0;
        for (String field : Pieces.split(text.substring(1, close < 0 ? text.length() : close - 1))) {
            int equals = field.indexOf('=');
            String key = equals < 0 ? "" : field.substring(0, equals);
            String value = field.substring(equals + 1);
            int quote = value.indexOf('"');
            switch (key) {
                case "sa_family" -> family = value;
                case "sin_port", "sin6_port" -> port = (int) inner(value);
                case "sin_addr", "sin6_addr" -> host = quote < 0 ? value : Pieces.string(value.substring(quote));
                case "sun_path" -> {
                    String path = quote < 0 ? "" : Pieces.string(value.substring(quote));
                    boolean isAbstract = value.startsWith("@");
                    return new Endpoint.Local(path, isAbstract, isAbstract ? "" : Whereabouts.absolute(base, path));
                }
                case "nl_pid" -> netlink = (int) Numbers.number(value).orElse(0);
                case "nl_groups" -> groups = (int) Numbers.number(value).orElse(0);
                // inet_pton(AF_INET6, "::1", &sin6_addr), as strace writes it.
                default ->
                    host = quote >= 0 && value.startsWith("inet_pton") ? Pieces.string(value.substring(quote)) : host;
            }
        }
        return switch (family) {
            case "AF_INET", "AF_INET6" -> new Endpoint.Internet(family, host, port & 0xffff);
            case "AF_UNIX", "AF_LOCAL" -> new Endpoint.Local("", false);
            case "AF_NETLINK" -> new Endpoint.Netlink(netlink, groups);
            default -> new Endpoint.Other(family);
        };
    }

    /** The number in {@code htons(80)}. */
    private static long inner(String text) {
        int open = text.indexOf('(');
        int close = text.indexOf(')');
        return Numbers.number(open < 0 || close < open ? text : text.substring(open + 1, close))
                .orElse(0);
    }
}
