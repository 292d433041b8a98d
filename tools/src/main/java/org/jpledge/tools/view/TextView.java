package org.jpledge.tools.view;

import java.util.List;
import java.util.function.Function;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.ByteText;
import org.jspecify.annotations.Nullable;

/**
 * Events as lines of text, in the form of strace: {@code openat(AT_FDCWD, "/etc", O_RDONLY) = 3}, and on the right what the call
 * needs. From the second thread on, each line begins with the thread's number.
 */
public final class TextView {
    private static final int RESULT_COLUMN = 40;
    private static final int REMARK_COLUMN = 80;
    private static final long NANOS_IN_MICRO = 1000;
    private static final long MICROS = 1_000_000;

    private final Style style;
    private final Function<Syscall, String> remarks;
    private @Nullable Task first;
    private boolean several;

    /**
     * What is shown.
     *
     * @param numbers the numbers of calls
     * @param times how long each took
     * @param descriptors what descriptors are
     * @param strings how many bytes of a string
     * @param colours whether a terminal shows it
     */
    public record Style(boolean numbers, boolean times, boolean descriptors, int strings, boolean colours) {}

    /**
     * A view.
     *
     * @param style what is shown
     * @param remarks what stands on the right of a call; nothing if it is empty
     */
    public TextView(Style style, Function<Syscall, String> remarks) {
        this.style = style;
        this.remarks = remarks;
    }

    /**
     * The line of an event.
     *
     * @param event the event
     * @return the line with its end, a character for each byte; empty where there is nothing to say
     */
    public String line(Event event) {
        Task known = first;
        if (known == null) {
            first = event.task();
        } else if (known.thread() != event.task().thread()) {
            several = true;
        }
        StringBuilder out = new StringBuilder(160);
        switch (event) {
            case Syscall call -> call(out, call);
            case Event.Signalled signalled -> {
                prefix(out, event.task());
                out.append("--- ").append(signalled.signal());
                if (!signalled.detail().isEmpty()) {
                    out.append(" {").append(signalled.detail()).append('}');
                }
                out.append(" ---");
            }
            case Event.Ended ended -> {
                prefix(out, event.task());
                if (ended.signal().isEmpty()) {
                    out.append("+++ exited with ").append(ended.status());
                } else {
                    out.append("+++ killed by ").append(ended.signal());
                }
                out.append(" +++");
            }
            case Event.Executed _, Event.Started _ -> {
                return "";
            }
        }
        return out.append('\n').toString();
    }

    private void prefix(StringBuilder out, Task task) {
        if (several) {
            colour(out, Colour.FAINT);
            out.append("[pid ").append(task.thread()).append("] ");
            colour(out, Colour.NONE);
        }
    }

    private void call(StringBuilder out, Syscall call) {
        prefix(out, call.task());
        int escapes = escapes(out);
        if (style.numbers) {
            String number = Integer.toString(call.number());
            out.append("[")
                    .append(" ".repeat(Math.max(0, 3 - number.length())))
                    .append(number)
                    .append("] ");
        }
        out.append(call.name()).append('(');
        arguments(out, call.arguments());
        out.append(')');
        pad(out, RESULT_COLUMN + escapes);
        boolean failed = call.outcome() instanceof Outcome.Failed;
        int before = out.length();
        if (failed) {
            colour(out, Colour.RED);
        }
        outcome(out, call);
        if (failed) {
            colour(out, Colour.NONE);
            escapes += style.colours ? Colour.RED.escape.length() + Colour.NONE.escape.length() : 0;
        }
        if (style.times && call.nanos() >= 0) {
            time(out, call.nanos());
        }
        String remark = remarks.apply(call);
        if (!remark.isEmpty() && out.length() > before) {
            pad(out, REMARK_COLUMN + escapes);
            out.append(' ');
            colour(out, Colour.CYAN);
            out.append(remark);
            colour(out, Colour.NONE);
        }
    }

    /** How many characters of a line do not show: those of the colours in the prefix. */
    private int escapes(StringBuilder out) {
        return style.colours && !out.isEmpty() ? Colour.FAINT.escape.length() + Colour.NONE.escape.length() : 0;
    }

    /** Spaces up to a column, at least one. */
    private static void pad(StringBuilder out, int column) {
        do {
            out.append(' ');
        } while (out.length() < column);
    }

    private void arguments(StringBuilder out, List<Argument> arguments) {
        int count = arguments.size();
        while (count > 0
                && arguments.get(count - 1) instanceof Argument.Symbols last
                && last.text().isEmpty()) {
            count--;
        }
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ", ");
            argument(out, arguments.get(i));
        }
    }

    private void argument(StringBuilder out, Argument argument) {
        switch (argument) {
            case Argument.Whole whole -> out.append(whole.value());
            case Argument.Symbols symbols when symbols.text().isEmpty() -> address(out, symbols.raw());
            case Argument.Symbols symbols -> out.append(symbols.text());
            case Argument.Address address -> address(out, address.raw());
            case Argument.Descriptor descriptor -> {
                if (descriptor.number() == -100) {
                    out.append("AT_FDCWD");
                } else {
                    out.append(descriptor.number());
                    what(out, descriptor.what());
                }
            }
            case Argument.PathName path -> ByteText.quote(out, path.written());
            case Argument.Data data -> {
                cut(out, data.bytes(), data.length());
            }
            case Argument.Socket socket -> out.append(socket.endpoint().text());
            case Argument.Structure structure -> structure(out, structure.fields());
            case Argument.Strings strings -> strings(out, strings);
        }
    }

    private static void address(StringBuilder out, long raw) {
        if (raw == 0) {
            out.append("NULL");
        } else {
            out.append("0x").append(Long.toHexString(raw));
        }
    }

    private void cut(StringBuilder out, String bytes, long length) {
        String shown = bytes.length() > style.strings ? bytes.substring(0, style.strings) : bytes;
        ByteText.quote(out, shown);
        out.append(shown.length() < length ? "..." : "");
    }

    private static void structure(StringBuilder out, List<Argument.Field> fields) {
        boolean array = fields.isEmpty() || fields.getFirst().name().isEmpty();
        out.append(array ? '[' : '{');
        for (int i = 0; i < fields.size(); i++) {
            out.append(i == 0 ? "" : ", ").append(fields.get(i).written());
        }
        out.append(array ? ']' : '}');
    }

    private void strings(StringBuilder out, Argument.Strings strings) {
        if (strings.items().isEmpty() && strings.count() > 0) {
            address(out, strings.raw());
            out.append(" /* ").append(strings.count()).append(strings.count() == 1 ? " var */" : " vars */");
            return;
        }
        out.append('[');
        for (int i = 0; i < strings.items().size(); i++) {
            out.append(i == 0 ? "" : ", ");
            String item = strings.items().get(i);
            cut(out, item, item.length());
        }
        out.append(strings.items().size() < strings.count() ? ", ...]" : "]");
    }

    private void what(StringBuilder out, String what) {
        if (style.descriptors && !what.isEmpty()) {
            out.append('<');
            StringBuilder quoted = new StringBuilder();
            ByteText.quote(quoted, what);
            out.append(quoted, 1, quoted.length() - 1).append('>');
        }
    }

    private void outcome(StringBuilder out, Syscall call) {
        switch (call.outcome()) {
            case Outcome.Returned(long value, String meaning) -> {
                out.append("= ");
                boolean file = meaning.startsWith("/") || meaning.indexOf(':') > 0;
                if (meaning.isEmpty() || file) {
                    out.append(value);
                    what(out, meaning);
                } else if (meaning.charAt(0) == '0') {
                    out.append(meaning);
                } else {
                    out.append("0x")
                            .append(Long.toHexString(value))
                            .append(" (")
                            .append(meaning)
                            .append(')');
                }
            }
            case Outcome.Failed(String errno) -> out.append("= -1 ").append(errno);
            case Outcome.Restarted(String reason) -> out.append("= ? ").append(reason);
            case Outcome.Unfinished _ -> out.append("= ?");
        }
    }

    private static void time(StringBuilder out, long nanos) {
        long micros = nanos / NANOS_IN_MICRO;
        String fraction = Long.toString(MICROS + micros % MICROS);
        out.append(" <")
                .append(micros / MICROS)
                .append('.')
                .append(fraction, 1, fraction.length())
                .append('>');
    }

    private void colour(StringBuilder out, Colour colour) {
        if (style.colours) {
            out.append(colour.escape);
        }
    }

    private enum Colour {
        NONE("\u001b[0m"),
        FAINT("\u001b[2m"),
        RED("\u001b[31m"),
        CYAN("\u001b[36m");

        private final String escape;

        Colour(String escape) {
            this.escape = escape;
        }
    }
}
