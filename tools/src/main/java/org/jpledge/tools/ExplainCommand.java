package org.jpledge.tools;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jpledge.promise.PromiseTable;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.audit.Refusal;
import org.jpledge.tools.audit.Trail;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.need.Way;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/** {@code pledge explain}: words one by one, or all of them together as a phrase or a line of a log. */
final class ExplainCommand {
    private ExplainCommand() {}

    /** What is printed. */
    static String of(CommandLine line, List<String> operands, Supplier<RunningKernel> kernel)
            throws Failure, IOException {
        Arch arch = NamedArchitecture.last(line, Option.ARCHITECTURE).orElse(Arch.host());
        if (operands.isEmpty()) {
            return Explanation.ofAll();
        }
        String whole = String.join(" ", operands).strip();
        List<String> words = List.of(whole.split(" +", -1));
        boolean known = true;
        for (String word : words) {
            known &= Explanation.isKnown(word, arch);
        }
        if (known) {
            return Explanation.of(words, arch, kernel.get());
        }
        if (whole.indexOf(' ') < 0) {
            return Explanation.of(operands, arch, kernel.get());
        }
        return ofSentence(whole, arch, operands);
    }

    private static String ofSentence(String sentence, Arch arch, List<String> operands) throws Failure, IOException {
        String directory = RawPath.word(RawPath.here());
        Optional<String> recorded = recorded(sentence);
        if (recorded.isPresent()) {
            return recorded.get();
        }
        Phrases phrases = new Phrases(arch, directory);
        Optional<LogLine> line = LogLine.of(sentence, directory);
        if (line.isPresent() && !line.get().calls().isEmpty()) {
            return answer(line.get().calls());
        }
        String phrase = line.isPresent() ? line.get().phrase() : sentence;
        Optional<Phrases.Understood> understood = phrases.understand(phrase);
        if (understood.isPresent()) {
            return answer(understood.get().calls());
        }
        List<String> unknown = new ArrayList<>();
        for (String word : operands) {
            if (!Explanation.isKnown(word, arch)) {
                unknown.add(word);
            }
        }
        boolean words = unknown.size() < operands.size();
        String what = words
                ? "\"" + unknown.getFirst() + "\" is no promise and no system call"
                : "not understood: \"" + sentence + "\"";
        Optional<String> meant = words
                ? Nearest.nearest(unknown.getFirst(), PromiseTable.standard().words())
                : phrases.nearest(sentence);
        throw Failure.usage("explain: " + what, meant);
    }

    /** A record of the kernel's. */
    private static Optional<String> recorded(String line) {
        Optional<Refusal> refusal = Trail.single(line);
        if (refusal.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                switch (refusal.get()) {
                    case Refusal.Call call -> {
                        String name = call.name().isEmpty() ? "system call " + call.number() : call.name();
                        yield name + " of " + call.offender().name() + ": "
                                + (call.words().isEmpty()
                                        ? "no promise gives it.\n"
                                        : "needs " + String.join(" or ", call.words()) + "; the record does not say the"
                                                + " arguments. Add: -p "
                                                + call.words().getFirst() + "\n");
                    }
                    case Refusal.Access access -> {
                        String object = access.object();
                        boolean port =
                                access.need().equals("connect") || access.need().equals("bind");
                        String number = object.substring(object.lastIndexOf(':') + 1);
                        String option = access.need().isEmpty()
                                ? "nothing allows it."
                                : port
                                        ? "Add: --" + access.need() + " " + number
                                        : object.startsWith("/")
                                                ? "Add: -v " + RawPath.quoted(Words.bytes(access.need() + ":" + object))
                                                : "Add: -p " + access.need();
                        yield String.join(", ", access.blockers()) + (object.isEmpty() ? "" : " at " + object) + ": "
                                + option + "\n";
                    }
                });
    }

    /** What calls need together. */
    private static String answer(List<Syscall> calls) {
        StringBuilder out = new StringBuilder();
        Set<String> words = new LinkedHashSet<>();
        Set<String> unveils = new LinkedHashSet<>();
        Set<String> ports = new LinkedHashSet<>();
        Set<String> instead = new LinkedHashSet<>();
        boolean possible = true;
        for (Syscall call : calls) {
            Need need = Needs.of(call);
            out.append(call.name()).append(": ");
            if (!need.isPossible()) {
                possible = false;
                out.append("no promise gives it\n");
                continue;
            }
            out.append(need.words().isEmpty() ? "any program may" : "needs " + String.join(" ", need.words()));
            words.addAll(need.words());
            for (Access access : need.ways().getFirst().unveils()) {
                unveils.add(access.letters() + ":" + access.file());
                out.append(", ").append(access.letters()).append(" at ").append(access.file());
            }
            for (Way way : need.ways()) {
                if (calls.size() == 1
                        && way.accesses().isEmpty()
                        && !way.equals(need.ways().getFirst())) {
                    instead.add(String.join(" ", way.words()));
                }
            }
            for (PortUse port : need.ports()) {
                ports.add((port.connect() ? "--connect " : "--bind ") + port.port());
            }
            out.append('\n');
        }
        if (!possible) {
            return out.toString();
        }
        StringBuilder options = new StringBuilder();
        if (!words.isEmpty()) {
            options.append(" -p ").append(RawPath.quoted(Words.bytes(String.join(" ", words))));
        }
        for (String unveil : unveils) {
            options.append(" -v ").append(RawPath.quoted(Words.bytes(unveil)));
        }
        for (String port : ports) {
            options.append(' ').append(port);
        }
        out.append(options.isEmpty() ? "It takes no option.\n" : "Add:" + options + "\n");
        if (!instead.isEmpty()) {
            out.append("Or instead: -p '")
                    .append(String.join("' or -p '", instead))
                    .append("'\n");
        }
        return out.toString();
    }
}
