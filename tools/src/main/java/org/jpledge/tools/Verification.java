package org.jpledge.tools;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.promise.Promises;
import org.jpledge.tools.learn.Learnt;
import org.jpledge.tools.learn.Seen;
import org.jpledge.tools.policy.CommandText;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;

/**
 * The second run of a program, under what was learnt of the first one.
 *
 * @param status the program's exit status
 * @param refused what was refused, of which the first run had succeeded; a line each, bytes as characters
 * @param notes in what the run was not held as it will be
 */
record Verification(int status, List<String> refused, List<String> notes) {
    private static final String OWN_PROCESS = "/proc/self";
    private static final String PROCESSES = "/proc";

    /** Runs {@code pledge} with other words. */
    interface Command {
        int perform(List<String> words) throws Failure, IOException;
    }

    /** Runs the program again. */
    static Verification of(PolicyDocument policy, Learnt learnt, Command pledge) throws Failure, IOException {
        List<String> notes = new ArrayList<>();
        PolicyDocument reportable = reportable(policy, notes);
        int reports;
        try (Arena arena = Arena.ofConfined()) {
            reports = (int) Kernel.require(
                    "memfd_create", arena.allocateFrom("refusals").address(), 0);
        } catch (KernelException e) {
            throw new Failure(Failure.OURS, "option --verify: " + e.getMessage());
        }
        List<String> words = new ArrayList<>(List.of("--report", "--json", "--report-fd", Integer.toString(reports)));
        words.addAll(CommandText.words(reportable, ""));
        try {
            int status = pledge.perform(words);
            return new Verification(status, refused(Path.of("/proc/self/fd/" + reports), learnt), notes);
        } finally {
            Kernel.call("close", reports);
        }
    }

    /** Rules on /proc/self are made for the process that becomes the program, and nobody can stay beside that. */
    private static PolicyDocument reportable(PolicyDocument policy, List<String> notes) {
        SortedMap<String, Permissions> unveil = new TreeMap<>();
        int letters = 0;
        for (Map.Entry<String, Permissions> each : policy.unveil().entrySet()) {
            String path = each.getKey();
            if (path.equals(OWN_PROCESS) || path.startsWith(OWN_PROCESS + "/")) {
                letters |= each.getValue().bits();
            } else {
                unveil.put(path, each.getValue());
            }
        }
        if (unveil.size() == policy.unveil().size()) {
            return policy;
        }
        notes.add("run with the promise ps in place of " + OWN_PROCESS + ", on which no report can be made");
        Permissions beyondPs = new Permissions(letters).minus(Permissions.parse("r"));
        if (!beyondPs.isEmpty()) {
            Permissions known = unveil.getOrDefault(PROCESSES, Permissions.NONE);
            unveil.put(PROCESSES, new Permissions(letters | known.bits()));
        }
        List<String> promises = new ArrayList<>(policy.words());
        promises.add("ps");
        return policy.promising(Promises.of(promises.toArray(String[]::new))).unveiling(unveil);
    }

    private static List<String> refused(Path reports, Learnt learnt) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readString(reports, StandardCharsets.UTF_8).split("\n", -1)) {
            if (!line.isEmpty() && JsonParser.parseString(line) instanceof JsonObject report && report.has("call")) {
                String text = report.get("text").getAsString();
                if (!isProbe(report.get("call").getAsString(), text, learnt)) {
                    lines.add(Words.ofText(text + " = " + report.get("error").getAsString() + options(report)));
                }
            }
        }
        return lines;
    }

    private static String options(JsonObject report) {
        StringBuilder options = new StringBuilder();
        for (JsonElement option : report.getAsJsonArray("add")) {
            options.append(options.isEmpty() ? "; add: " : " ").append(option.getAsString());
        }
        return options.toString();
    }

    /** Whether such a call had failed before, too, or come to nothing. */
    private static boolean isProbe(String call, String text, Learnt learnt) {
        for (Seen probe : learnt.evidence().probes()) {
            if (probe.call().equals(call) && firstPath(probe.example()).equals(firstPath(text))) {
                return true;
            }
        }
        for (Seen impossible : learnt.evidence().impossible()) {
            if (impossible.call().equals(call)) {
                return true; // It was said that no promise gives it.
            }
        }
        return false;
    }

    private static String firstPath(String text) {
        int from = text.indexOf('"');
        int to = text.indexOf('"', from + 1);
        return from < 0 || to < 0 ? "" : text.substring(from, to);
    }
}
