package org.jpledge.tools.transcript;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;

/** Reads the text that strace(1) prints, with any of -f, -t, -tt, -ttt, -r, -T, -i, -n, -y, -yy, -k, -v and -x. */
final class Strace {
    private static final long SECOND = 1_000_000_000L;
    private static final long DAY = 86_400 * SECOND;

    /** Times since 1970 are longer than what passes between two calls. */
    private static final long LONGEST_WAIT_SECONDS = 100_000_000;

    /** The number of a process that is alone and has none before its lines. */
    private static final int FIRST = 1;

    private static final String MESSAGE = "strace: Process ";
    private static final String ATTACHED = " attached";
    private static final String UNFINISHED = "<unfinished ...>";
    private static final String DETACHED = "<detached ...>";
    private static final String RESUMED = " resumed>";

    private final Interpretation interpretation;
    private final Map<Integer, Pending> pending = new HashMap<>();
    private final Map<Integer, Arch> others = new HashMap<>();
    private final Set<Integer> living = new HashSet<>(Set.of(FIRST));
    private final Map<Integer, Integer> aliases = new HashMap<>();
    private String broken = "";
    private long day;
    private long clock;

    /** A call that has not returned. */
    private record Pending(String text, long at, OptionalInt number, long address) {}

    /** What stands before the call. */
    private record Head(int thread, long at, OptionalInt number, long address, String rest) {}

    Strace(Interpretation interpretation) {
        this.interpretation = interpretation;
    }

    /**
     * Takes the next line.
     *
     * @param text the line, without its end
     * @return whether it is one of strace's
     */
    boolean line(String text) {
        // On standard error, a message can stand in the middle of a call, with a line's end of its own.
        String line = broken + text;
        broken = "";
        int message = line.indexOf(MESSAGE);
        if (message >= 0 && line.endsWith(ATTACHED)) {
            OptionalLong number = Numbers.number(word(line, message + MESSAGE.length()));
            number.ifPresent(one -> living.add((int) one));
            broken = line.substring(0, message);
            return number.isPresent();
        }
        if (line.isBlank() || line.startsWith(" > ") || line.startsWith("strace: ")) {
            return true;
        }
        if (line.startsWith("[ Process PID=")) {
            return mode(line);
        }
        Head head = head(line);
        String rest = head.rest();
        if (rest.startsWith("+++ ")) {
            return ended(head);
        }
        if (rest.startsWith("--- ")) {
            return signalled(head);
        }
        if (rest.startsWith("<... ")) {
            return resumed(head);
        }
        int cut = rest.endsWith(DETACHED) ? rest.length() - DETACHED.length() : cut(rest);
        if (cut >= 0) {
            Pending call = new Pending(rest.substring(0, cut).strip(), head.at(), head.number(), head.address());
            int open = call.text().indexOf('(');
            if (open <= 0) {
                return false;
            }
            pending.put(head.thread(), call);
            interpretation.began(
                    head.thread(),
                    head.at(),
                    call.text().substring(0, open),
                    call.text().substring(open));
            return true;
        }
        return call(head, rest);
    }

    /** What is still pending when all is read, never returned. */
    void end() {
        for (Map.Entry<Integer, Pending> one : Map.copyOf(pending).entrySet()) {
            unreturned(one.getKey());
        }
    }

    private static int cut(String rest) {
        return rest.endsWith(UNFINISHED) ? rest.length() - UNFINISHED.length() : -1;
    }

    private boolean mode(String line) {
        OptionalLong process = Numbers.number(word(line, "[ Process PID=".length()));
        if (process.isEmpty()) {
            return false;
        }
        if (line.contains("32 bit mode")) {
            others.put((int) process.getAsLong(), Arch.host() == Arch.AARCH64 ? Arch.ARM : Arch.I386);
        } else {
            others.remove((int) process.getAsLong());
        }
        return true;
    }

    private Head head(String line) {
        int thread = living.size() == 1 ? living.iterator().next() : FIRST;
        int at = 0;
        if (line.startsWith("[pid ")) {
            int close = line.indexOf(']');
            OptionalLong number = Numbers.number(line.substring("[pid ".length(), Math.max(close, "[pid ".length()))
                    .strip());
            if (close > 0 && number.isPresent()) {
                thread = known((int) number.getAsLong());
                at = close + 1;
            }
        } else if (isNumber(word(line, 0))) {
            thread = (int) Numbers.number(word(line, 0)).orElse(FIRST);
            at = word(line, 0).length();
        }
        OptionalInt number = OptionalInt.empty();
        long address = 0;
        while (true) {
            while (at < line.length() && line.charAt(at) == ' ') {
                at++;
            }
            int close = at < line.length() && line.charAt(at) == '[' ? line.indexOf(']', at) : -1;
            String word =
                    close < 0 ? word(line, at) : line.substring(at + 1, close).strip();
            if (close < 0) {
                if (!time(word)) {
                    return new Head(thread, clock, number, address, line.substring(at));
                }
                at += word.length();
            } else {
                OptionalLong hexadecimal = word.length() < 8 ? OptionalLong.empty() : Numbers.number("0x" + word);
                OptionalLong decimal =
                        isNumber(word) && word.length() < 8 ? Numbers.number(word) : OptionalLong.empty();
                address = hexadecimal.orElse(address);
                number = decimal.isPresent() ? OptionalInt.of((int) decimal.getAsLong()) : number;
                at = close + 1;
            }
        }
    }

    /** As soon as there is a second one, the first has a number too. */
    private int known(int number) {
        if (!living.contains(number) && living.contains(FIRST) && !aliases.containsValue(FIRST)) {
            aliases.put(number, FIRST);
        }
        return aliases.getOrDefault(number, number);
    }

    private static String word(String line, int from) {
        int space = line.indexOf(' ', from);
        return line.substring(from, space < 0 ? line.length() : space);
    }

    private static boolean isNumber(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return !word.isEmpty() && word.length() <= 10;
    }

    /** Takes a time of any kind, and sets the clock to it. */
    private boolean time(String word) {
        int point = word.indexOf('.');
        String whole = point < 0 ? word : word.substring(0, point);
        String fraction = point < 0 ? "" : word.substring(point + 1);
        if (!fraction.isEmpty() && !isNumber(fraction) || point >= 0 && fraction.isEmpty()) {
            return false;
        }
        long nanos = fraction(fraction);
        if (whole.length() == "23:59:59".length() && whole.charAt(2) == ':' && whole.charAt(5) == ':') {
            String digits = whole.replace(":", "");
            if (!isNumber(digits)) {
                return false;
            }
            long number = Long.parseLong(digits);
            long time = (number / 10_000 * 3600 + number / 100 % 100 * 60 + number % 100) * SECOND + nanos;
            if (day + time + DAY / 2 < clock) {
                day += DAY;
            }
            clock = day + time;
            return true;
        }
        if (point < 0 || !isNumber(whole)) {
            return false;
        }
        long seconds = Long.parseLong(whole);
        clock = seconds < LONGEST_WAIT_SECONDS ? clock + seconds * SECOND + nanos : seconds * SECOND + nanos;
        return true;
    }

    private static long fraction(String digits) {
        long nanos = 0;
        for (int i = 0; i < 9; i++) {
            nanos = nanos * 10 + (i < digits.length() ? digits.charAt(i) - '0' : 0);
        }
        return nanos;
    }

    private boolean ended(Head head) {
        String text = head.rest();
        String exited = "+++ exited with ";
        String killed = "+++ killed by ";
        unreturned(head.thread());
        if (living.size() > 1) {
            living.remove(head.thread());
        }
        if (text.startsWith(exited)) {
            OptionalLong status = Numbers.number(word(text, exited.length()));
            interpretation.ended(head.thread(), head.at(), (int) status.orElse(0), "");
            return status.isPresent();
        }
        if (text.startsWith(killed)) {
            String signal = word(text, killed.length());
            interpretation.ended(head.thread(), head.at(), 128 + signal(signal), signal);
            return true;
        }
        return text.startsWith("+++ superseded by execve");
    }

    private static int signal(String name) {
        return (int) Constants.of(Arch.host()).value(name).orElse(0);
    }

    private boolean signalled(Head head) {
        String text = head.rest();
        if (text.startsWith("--- stopped by ")) {
            return true;
        }
        String signal = word(text, "--- ".length());
        int open = text.indexOf('{');
        int close = text.lastIndexOf('}');
        if (!signal.startsWith("SIG") || open < 0 || close < open) {
            return false;
        }
        interpretation.signalled(head.thread(), head.at(), signal, text.substring(open + 1, close));
        return true;
    }

    private boolean resumed(Head head) {
        Pending begun = pending.remove(head.thread());
        int end = head.rest().indexOf(RESUMED);
        if (end < 0) {
            return false;
        }
        String rest = head.rest().substring(end + RESUMED.length());
        if (begun == null) {
            // It began before the transcript.
            return true;
        }
        int cut = cut(rest);
        if (cut >= 0) {
            pending.put(
                    head.thread(),
                    new Pending(begun.text() + rest.substring(0, cut), begun.at(), begun.number(), begun.address()));
            return true;
        }
        // The space that was there before the line was cut.
        String between = begun.text().endsWith(",") ? " " : "";
        return call(
                new Head(head.thread(), begun.at(), begun.number(), begun.address(), ""),
                begun.text() + between + rest);
    }

    private void unreturned(int thread) {
        Pending begun = pending.remove(thread);
        if (begun != null) {
            String text = begun.text().endsWith(",")
                    ? begun.text().substring(0, begun.text().length() - 1)
                    : begun.text();
            call(new Head(thread, begun.at(), begun.number(), begun.address(), ""), text + ") = ?");
        }
    }

    private boolean call(Head head, String text) {
        int open = text.indexOf('(');
        if (open <= 0 || !isName(text.substring(0, open))) {
            return false;
        }
        int close = Pieces.close(text, open);
        int equals = close < 0 ? -1 : text.indexOf('=', close);
        if (equals < 0 || !text.substring(close, equals).isBlank()) {
            return false;
        }
        String result = text.substring(equals + 1).strip();
        long nanos = -1;
        int took = result.lastIndexOf(" <");
        if (took >= 0 && result.endsWith(">")) {
            String time = result.substring(took + 2, result.length() - 1);
            int point = time.indexOf('.');
            if (point > 0 && isNumber(time.substring(0, point)) && isNumber(time.substring(point + 1))) {
                nanos = Long.parseLong(time.substring(0, point)) * SECOND + fraction(time.substring(point + 1));
                result = result.substring(0, took).strip();
            }
        }
        if (result.isEmpty()) {
            return false;
        }
        List<String> arguments = Pieces.split(text.substring(open + 1, close - 1));
        return interpretation.called(new Written(
                head.thread(),
                head.at(),
                others.getOrDefault(head.thread(), Arch.host()),
                text.substring(0, open),
                head.number(),
                arguments,
                result,
                nanos,
                head.address()));
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!(c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z')) {
                return false;
            }
        }
        return true;
    }
}
