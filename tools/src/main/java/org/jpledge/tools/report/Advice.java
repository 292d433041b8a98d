package org.jpledge.tools.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jpledge.promise.Policy;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.need.Way;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;

/**
 * What a policy lacks that a call needs: the least that would allow it.
 *
 * @param possible whether promises can give the call at all
 * @param words promises to add
 * @param unveils paths to unveil; where a path has letters already, these are among its new ones
 * @param ports ports to list
 * @param instead single promises any of which would do in place of all that
 */
record Advice(
        boolean possible, List<String> words, List<Unveiling> unveils, List<PortUse> ports, List<String> instead) {
    /** Nothing that could be added. */
    static final Advice NONE = new Advice(true, List.of(), List.of(), List.of(), List.of());

    /** Words that say what may be done to files. */
    private static final List<String> ABOUT_PATHS =
            List.of("rpath", "wpath", "cpath", "dpath", "exec", "fattr", "chown");

    private static final Pattern OF_ONE_PROCESS = Pattern.compile("/proc/[0-9]+(/|$)");
    private static final int MANY = 10;

    /**
     * A path to unveil.
     *
     * @param letters of rwxc
     * @param file the path; bytes as characters
     */
    record Unveiling(Permissions letters, String file) {
        /** The option's argument. */
        String text() {
            return letters + ":" + file;
        }
    }

    /** Copies the lists. */
    Advice {
        words = List.copyOf(words);
        unveils = List.copyOf(unveils);
        ports = List.copyOf(ports);
        instead = List.copyOf(instead);
    }

    /**
     * Compares a need with a policy.
     *
     * @param need what a refused call needs
     * @param refused the words for want of which the filter refused it; none where it did not
     * @param policy what there is
     * @param unveiled what its unveils are worth
     */
    static Advice of(Need need, List<String> refused, Policy policy, Unveiled unveiled) {
        Optional<Advice> least = Optional.empty();
        List<String> instead = new ArrayList<>();
        for (Way way : need.ways()) {
            Advice advice = of(way, need.ports(), policy, unveiled);
            boolean useless = advice.isNothing() || !refused.isEmpty() && advice.words.isEmpty();
            if (useless) {
                continue;
            }
            if (advice.words.size() == 1 && advice.unveils.isEmpty() && advice.ports.isEmpty()) {
                instead.add(advice.words.getFirst());
            }
            if (least.isEmpty() || advice.weight() < least.get().weight()) {
                least = Optional.of(advice);
            }
        }
        if (least.isEmpty()) {
            boolean possible = !refused.isEmpty() || need.isPossible();
            return new Advice(possible, refused, List.of(), List.of(), List.of());
        }
        Advice chosen = least.get();
        instead.removeAll(chosen.words);
        return new Advice(true, chosen.words, chosen.unveils, chosen.ports, instead);
    }

    private static Advice of(Way way, List<PortUse> used, Policy policy, Unveiled unveiled) {
        List<String> words = new ArrayList<>();
        for (String word : way.words()) {
            if (policy.amendments().promised() && !policy.promises().contains(word)) {
                words.add(word);
            }
        }
        boolean veils = unveiled.isVeiled() || !words.isEmpty() && !promisesPaths(policy);
        List<Unveiling> unveils = new ArrayList<>();
        for (Access access : way.unveils()) {
            Permissions there = unveiled.at(access.file());
            if (veils && !there.hasAll(access.letters())) {
                unveils.add(new Unveiling(
                        new Permissions(there.bits() | access.letters().bits()), access.file()));
            }
        }
        List<PortUse> ports = new ArrayList<>();
        if (policy.ports().isRestricted()) {
            for (PortUse port : used) {
                boolean listed = port.connect()
                        ? policy.ports().connect().contains(port.port())
                        : policy.ports().bind().contains(port.port());
                if (!listed) {
                    ports.add(port);
                }
            }
        }
        return new Advice(true, words, unveils, ports, List.of());
    }

    /** Whoever sees all files by promises sees no more than what is unveiled, as soon as anything is: better not begin then. */
    private static boolean promisesPaths(Policy policy) {
        for (String word : ABOUT_PATHS) {
            if (policy.promises().contains(word)) {
                return true;
            }
        }
        return false;
    }

    /** Few promises are better than many; a path that only one process has is no good the next time. */
    private int weight() {
        int fleeting = 0;
        for (Unveiling unveiling : unveils) {
            if (OF_ONE_PROCESS.matcher(unveiling.file()).lookingAt()) {
                fleeting = MANY;
            }
        }
        return words.size() + fleeting;
    }

    /** Whether nothing is missing: the policy gives it, and something else is in the way. */
    boolean isNothing() {
        return possible && words.isEmpty() && unveils.isEmpty() && ports.isEmpty();
    }

    /** What is missing, in words: {@code needs rpath}. */
    String reason() {
        if (!possible) {
            return "no promise gives it";
        }
        List<String> parts = new ArrayList<>();
        if (!words.isEmpty()) {
            parts.add(String.join(" and ", words));
        } else {
            for (Unveiling unveiling : unveils) {
                parts.add(unveiling.letters() + " at " + unveiling.file());
            }
            for (PortUse port : ports) {
                parts.add("port " + port.port());
            }
        }
        return parts.isEmpty() ? "it is promised, and still refused" : "needs " + String.join(", ", parts);
    }

    /** Options, as a shell takes them; empty if none would do. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        if (!words.isEmpty()) {
            options.add("-p");
            options.add(RawPath.quoted(Words.bytes(String.join(" ", words))));
        }
        for (Unveiling unveiling : unveils) {
            options.add("-v");
            options.add(RawPath.quoted(Words.bytes(unveiling.text())));
        }
        for (PortUse port : ports) {
            options.add(port.connect() ? "--connect" : "--bind");
            options.add(Integer.toString(port.port()));
        }
        return options;
    }
}
