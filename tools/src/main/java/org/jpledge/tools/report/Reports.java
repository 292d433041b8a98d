package org.jpledge.tools.report;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/**
 * Tells what is refused: each refusal when it comes first, and at the end how often those came that came again. Thread safe.
 */
public final class Reports {
    /** A program that is refused ever new things is not to fill memory; those beyond are only counted. */
    private static final int MOST = 10_000;

    private final OutputStream out;
    private final boolean json;
    private final Consumer<String> complaint;
    private final Map<String, Counted> counts = new LinkedHashMap<>();
    private long others;
    private boolean broken;

    /** A refusal, and how often it came. */
    private static final class Counted {
        final Refused first;
        final String text;
        long count = 1;

        Counted(Refused first, String text) {
            this.first = first;
            this.text = text;
        }
    }

    /**
     * Where reports go.
     *
     * @param out gets whole lines
     * @param json whether each is a JSON object
     * @param complaint gets a line, once, if they cannot be written any more
     */
    public Reports(OutputStream out, boolean json, Consumer<String> complaint) {
        this.out = out;
        this.json = json;
        this.complaint = complaint;
    }

    synchronized void refused(Refused refused) {
        String text = CallText.of(refused.call());
        String key = refused.program()
                + '\n'
                + text
                + '\n'
                + refused.error()
                + '\n'
                + refused.by()
                + '\n'
                + String.join(" ", refused.advice().options())
                + refused.rule().orElse("");
        Counted known = counts.get(key);
        if (known != null) {
            known.count++;
        } else if (counts.size() >= MOST) {
            others++;
        } else {
            counts.put(key, new Counted(refused, text));
            write(json ? Json.text(members(refused, text)) : line(refused, text));
        }
    }

    /** The program and all that it started are gone. */
    synchronized void end() {
        for (Counted counted : counts.values()) {
            if (counted.count > 1) {
                write(json ? count(counted) : again(counted));
            }
        }
        if (others > 0) {
            write(
                    json
                            ? Json.text(
                                    new Json.Members().with("event", "others").with("count", new Json.Whole(others)))
                            : "pledge: " + others + " further refusals, of other kinds\n");
        }
    }

    private void write(String text) {
        if (broken) {
            return;
        }
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            broken = true;
            complaint.accept("reports cannot be written any more: " + e.getMessage());
        }
    }

    private static String line(Refused refused, String text) {
        StringBuilder line = new StringBuilder(name(refused))
                .append('[')
                .append(refused.call().task().process())
                .append("] ")
                .append(text)
                .append(' ')
                .append(verb(refused));
        if (refused.rule().isPresent()) {
            line.append(" by ").append(Words.readable(refused.rule().get())).append('.');
        } else {
            line.append(": ").append(Words.readable(refused.advice().reason())).append('.');
        }
        List<String> options = refused.advice().options();
        if (!options.isEmpty()) {
            line.append(" Add: ").append(Words.readable(String.join(" ", options)));
        }
        if (!refused.advice().instead().isEmpty()) {
            line.append(options.isEmpty() ? " Add: -p " : ", or instead -p ")
                    .append(String.join(" or -p ", refused.advice().instead()));
        }
        line.append('\n');
        refused.place()
                .ifPresent(place -> line.append("    at ")
                        .append(Words.readable(place.text()))
                        .append('\n'));
        return line.toString();
    }

    private static String verb(Refused refused) {
        String when = refused.call().early() ? " before its entry point" : "";
        if (refused.killed()) {
            return "refused" + when + ", and killed for it" + (refused.rule().isPresent() ? "," : "");
        }
        return (refused.error().isEmpty() ? "would be refused" : "refused") + when;
    }

    private static String again(Counted counted) {
        return "pledge: " + counted.count + " times: " + name(counted.first) + " " + counted.text + "\n";
    }

    private static String name(Refused refused) {
        return Words.readable(refused.program());
    }

    private static Json.Members members(Refused refused, String text) {
        Advice advice = refused.advice();
        List<Json.Value> unveils = new ArrayList<>();
        for (Advice.Unveiling unveiling : advice.unveils()) {
            unveils.add(new Json.Members()
                    .with("permissions", unveiling.letters().toString())
                    .with("path", Words.readable(unveiling.file())));
        }
        List<String> options = new ArrayList<>();
        for (String option : advice.options()) {
            options.add(Words.readable(option));
        }
        Json.Members needs = new Json.Members()
                .with("promises", advice.words())
                .with("unveil", new Json.Items(unveils))
                .with("connect", ports(advice.ports(), true))
                .with("bind", ports(advice.ports(), false))
                .with("instead", advice.instead());
        Json.Members members = new Json.Members()
                .with("event", refused.killed() ? "killed" : refused.error().isEmpty() ? "allowed" : "refused")
                .with("program", Words.readable(refused.program()))
                .with("process", new Json.Whole(refused.call().task().process()))
                .with("thread", new Json.Whole(refused.call().task().thread()))
                .with("call", refused.call().name())
                .with("number", new Json.Whole(refused.call().number()))
                .with("text", text)
                .with("error", refused.error())
                .with("by", refused.by() == Refused.By.SECCOMP ? "seccomp" : "landlock")
                .with("early", new Json.Truth(refused.call().early()))
                .with("possible", new Json.Truth(advice.possible()))
                .with("needs", needs)
                .with("add", options);
        refused.rule().ifPresent(rule -> members.with("rule", Words.readable(rule)));
        refused.place()
                .ifPresent(place -> members.with(
                        "code",
                        new Json.Members()
                                .with("file", Words.readable(place.file()))
                                .with("offset", new Json.Whole(place.offset()))
                                .with(
                                        "symbol",
                                        place.symbol()
                                                .<Json.Value>map(Json.Text::new)
                                                .orElse(new Json.Nothing()))));
        return members;
    }

    private static Json.Items ports(List<PortUse> ports, boolean connect) {
        List<Json.Value> numbers = new ArrayList<>();
        for (PortUse port : ports) {
            if (port.connect() == connect) {
                numbers.add(new Json.Whole(port.port()));
            }
        }
        return new Json.Items(numbers);
    }

    private static String count(Counted counted) {
        return Json.text(new Json.Members()
                .with("event", "count")
                .with("program", Words.readable(counted.first.program()))
                .with("text", counted.text)
                .with("count", new Json.Whole(counted.count)));
    }
}
