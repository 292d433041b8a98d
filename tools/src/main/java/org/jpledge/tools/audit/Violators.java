package org.jpledge.tools.audit;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/** The report of those who were refused something, and of nobody else; in the manner of OpenBSD's daily(8). */
public final class Violators {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    /** As many promises as a line names. */
    private static final int MOST_WORDS = 5;

    private Violators() {}

    /** What counts as the same program: its file, or the name where the file is not known. */
    private record Program(String name, String executable) {}

    /** The same refusal, of any process and at any time. */
    private static final class Repeated {
        private final TreeSet<Integer> pids = new TreeSet<>();
        private final String text;
        private Refusal.Offender last;
        private long count;

        Repeated(String text, Refusal.Offender first) {
            this.text = text;
            this.last = first;
        }

        void add(Refusal.Offender offender) {
            last = offender;
            pids.add(offender.pid());
            count++;
        }
    }

    /**
     * Writes a summary: a paragraph for each program, who was refused most first, and in it a line for each thing.
     *
     * @param refusals in the order of time
     * @param zone in which times are shown
     * @return lines of text; bytes as characters; empty if there is nothing to report
     */
    public static String text(List<Refusal> refusals, ZoneId zone) {
        Map<Program, List<Refusal>> programs = new LinkedHashMap<>();
        for (Refusal refusal : refusals) {
            programs.computeIfAbsent(program(refusal.offender()), one -> new ArrayList<>())
                    .add(refusal);
        }
        List<Map.Entry<Program, List<Refusal>>> most = new ArrayList<>(programs.entrySet());
        most.sort(Comparator.comparingInt(program -> -program.getValue().size()));
        StringBuilder out = new StringBuilder();
        for (Map.Entry<Program, List<Refusal>> program : most) {
            out.append(out.isEmpty() ? "" : "\n");
            paragraph(out, program.getKey(), program.getValue(), zone);
        }
        return out.toString();
    }

    private static Program program(Refusal.Offender offender) {
        return new Program(offender.executable().isEmpty() ? offender.name() : "", offender.executable());
    }

    private static void paragraph(StringBuilder out, Program program, List<Refusal> refusals, ZoneId zone) {
        Map<String, Repeated> lines = new LinkedHashMap<>();
        TreeSet<Long> users = new TreeSet<>();
        for (Refusal refusal : refusals) {
            lines.computeIfAbsent(what(refusal), text -> new Repeated(text, refusal.offender()))
                    .add(refusal.offender());
            users.add(refusal.offender().uid());
        }
        users.remove(-1L);
        String name = program.executable().isEmpty() ? program.name() : program.executable();
        out.append(name.isEmpty() ? "a program whose record is lost" : shown(name))
                .append(": ")
                .append(refusals.size())
                .append(refusals.size() == 1 ? " refusal, " : " refusals, ")
                .append(times(refusals.getFirst().at(), refusals.getLast().at(), zone));
        for (long user : users) {
            out.append(user == users.first() ? ", uid " : " ").append(user);
        }
        out.append('\n');
        List<Repeated> most = new ArrayList<>(lines.values());
        most.sort(Comparator.comparingLong(line -> -line.count));
        for (Repeated line : most) {
            String count = Long.toString(line.count);
            out.repeat(' ', Math.max(7 - count.length(), 1))
                    .append(count)
                    .append("  ")
                    .append(process(line.last))
                    .append(": ")
                    .append(line.text)
                    .append(line.pids.size() > 1 ? ", in " + line.pids.size() + " processes" : "")
                    .append('\n');
        }
    }

    private static String times(long first, long last, ZoneId zone) {
        LocalDateTime from = LocalDateTime.ofInstant(Instant.ofEpochMilli(first), zone);
        LocalDateTime to = LocalDateTime.ofInstant(Instant.ofEpochMilli(last), zone);
        String start = TIME.format(from);
        String end = TIME.format(to);
        if (start.equals(end)) {
            return start;
        }
        boolean sameDay = from.toLocalDate().equals(to.toLocalDate());
        return start + " to " + (sameDay ? end.substring("2026-11-23 ".length()) : end);
    }

    /**
     * One refusal as a line: {@code cat[4684]: "rpath", syscall 257 (openat), kill}.
     *
     * @param refusal what was refused
     * @return the line, without an end; bytes as characters
     */
    public static String line(Refusal refusal) {
        return process(refusal.offender()) + ": " + what(refusal);
    }

    private static String process(Refusal.Offender offender) {
        return (offender.name().isEmpty() ? "?" : shown(offender.name()))
                + (offender.pid() == 0 ? "" : "[" + offender.pid() + "]");
    }

    private static String what(Refusal refusal) {
        return switch (refusal) {
            case Refusal.Call call ->
                promise(call.words()) + ", syscall " + call.number()
                        + (call.name().isEmpty() ? "" : " (" + call.name() + ")") + architecture(call) + ", "
                        + call.action() + (call.allowed() ? " (it was allowed)" : "");
            case Refusal.Access access ->
                promise(access.need().isEmpty() ? List.of() : List.of(access.need()))
                        + (access.object().isEmpty() ? "" : ", " + shown(access.object())) + " ("
                        + shown(String.join(" ", access.blockers())) + ")";
        };
    }

    /** Only where it is not what everybody expects. */
    private static String architecture(Refusal.Call call) {
        return call.arch().equals(Arch.host().label()) ? "" : " of " + call.arch();
    }

    private static String promise(List<String> words) {
        if (words.isEmpty()) {
            return "no promise";
        }
        List<String> first = words.subList(0, Math.min(words.size(), MOST_WORDS));
        return '"' + String.join("|", first) + (words.size() > MOST_WORDS ? "|..." : "") + '"';
    }

    private static String shown(String bytes) {
        return Words.ofText(Words.readable(bytes));
    }

    /**
     * One refusal as an object of JSON; docs/report.md lists its members.
     *
     * @param refusal what was refused
     * @return the object
     */
    public static Json.Members json(Refusal refusal) {
        Refusal.Offender offender = refusal.offender();
        Json.Members members = new Json.Members()
                .with("time", Instant.ofEpochMilli(refusal.at()).toString())
                .with("by", refusal instanceof Refusal.Call ? "seccomp" : "landlock")
                .with("program", text(offender.name()))
                .with("pid", number(offender.pid() == 0 ? -1 : offender.pid()))
                .with("uid", number(offender.uid()))
                .with("executable", text(offender.executable()));
        return switch (refusal) {
            case Refusal.Call call ->
                members.with("needs", call.words())
                        .with("syscall", new Json.Whole(call.number()))
                        .with("name", text(call.name()))
                        .with("arch", call.arch())
                        .with("action", call.action());
            case Refusal.Access access ->
                members.with("needs", access.need().isEmpty() ? List.of() : List.of(access.need()))
                        .with("object", text(access.object()))
                        .with(
                                "blockers",
                                access.blockers().stream().map(Words::readable).toList())
                        .with("name", text(access.call()));
        };
    }

    private static Json.Value text(String bytes) {
        return bytes.isEmpty() ? new Json.Nothing() : new Json.Text(Words.readable(bytes));
    }

    private static Json.Value number(long number) {
        return number < 0 ? new Json.Nothing() : new Json.Whole(number);
    }
}
