package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;

/** Which promises a system call needs: one that was refused, or one that is to be allowed. */
public final class Missing {
    private Missing() {}

    /**
     * A call with zero for every argument that no rule looks at. Calls that are the same after that get the same answers
     * from {@link #alternatives}, which who asks about many calls may keep.
     *
     * @param call the call
     * @param arch its architecture
     * @return the call as the rules see it
     */
    public static SeccompData seen(SeccompData call, Arch arch) {
        int asked = LoweredTable.of(arch).asked(call.nr());
        long[] arguments = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = (asked >>> i & 1) == 0 ? 0 : call.arg(i);
        }
        return SeccompData.of(call.nr(), call.arch(), arguments);
    }

    /**
     * Whether a rule looks at who makes a call; otherwise {@link #alternatives} are the same for all processes.
     *
     * @param number the system call
     * @param arch its architecture
     * @return whether it matters which process and whose it is
     */
    public static boolean asksWho(int number, Arch arch) {
        return (LoweredTable.of(arch).asked(number) & LoweredTable.SELF) != 0;
    }

    /**
     * Whether promises allow a system call whatever its arguments are.
     *
     * @param number the system call
     * @param arch its architecture
     * @param promises the promises
     * @return whether they do, whatever else holds
     */
    public static boolean isPlain(int number, Arch arch, Promises promises) {
        LoweredTable table = LoweredTable.of(arch);
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            if (Lowering.holds(sections.get(i), promises, false, Set.of())) {
                for (Rule rule : table.rules(i, number)) {
                    if (rule.action() instanceof Action.Allow
                            && rule.conditions().isEmpty()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /**
     * Every smallest set of words that lets a call through by itself, {@code stdio} too.
     *
     * @param call the call
     * @param self the process that makes it
     * @param arch its architecture
     * @param circumstances what holds beside the promises
     * @return sets of words, each in its section's order, those that come first in the promise table first; none of them
     *     has all the words of another; one empty set if the call needs no promise; nothing if no promises give it
     */
    public static List<List<String>> alternatives(
            SeccompData call, Identity self, Arch arch, Set<Circumstance> circumstances) {
        List<List<String>> all = new ArrayList<>();
        LoweredTable table = LoweredTable.of(arch);
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            if (allows(table.rules(i, call.nr()), call, self)) {
                for (List<String> words : whole(sections.get(i), circumstances)) {
                    addSmallest(words, all);
                }
            }
        }
        return all;
    }

    /** The sets of words each of which makes a section hold. */
    private static List<List<String>> whole(Section section, Set<Circumstance> circumstances) {
        Optional<List<String>> words = missing(section, Promises.NONE, circumstances);
        return switch (section.kind()) {
            case ALWAYS -> List.of(List.of());
            case PROMISE, ALL -> words.stream().toList();
            case ANY -> section.words().stream().map(List::of).toList();
            case LOADER, ENOSYS, NEVER -> List.of();
        };
    }

    private static void addSmallest(List<String> words, List<List<String>> all) {
        for (List<String> other : all) {
            if (words.containsAll(other)) {
                return;
            }
        }
        all.removeIf(other -> other.containsAll(words));
        all.add(words);
    }

    /**
     * The fewest words that, promised too, would have let a call through.
     *
     * @param call the call
     * @param self the process that made it
     * @param arch its architecture
     * @param promises what was promised
     * @param circumstances what held beside the promises
     * @return the words; empty if no promise gives the call
     */
    public static List<String> words(
            SeccompData call, Identity self, Arch arch, Promises promises, Set<Circumstance> circumstances) {
        Optional<List<String>> fewest = Optional.empty();
        LoweredTable table = LoweredTable.of(arch);
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            Optional<List<String>> missing = missing(sections.get(i), promises, circumstances);
            if (missing.isPresent()
                    && (fewest.isEmpty() || missing.get().size() < fewest.get().size())
                    && allows(table.rules(i), call, self)) {
                fewest = missing;
            }
        }
        return fewest.orElse(List.of());
    }

    /**
     * The words any of which has to do with a system call, whatever its arguments.
     *
     * @param number the system call
     * @param arch its architecture
     * @param promises what was promised: these are left out
     * @return the words, in the promise table's order
     */
    public static List<String> words(int number, Arch arch, Promises promises) {
        List<String> words = new ArrayList<>();
        LoweredTable table = LoweredTable.of(arch);
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            if (section.words().isEmpty() || !mentions(table.rules(i), number)) {
                continue;
            }
            for (String word : section.words()) {
                if (Circumstance.of(word).isEmpty() && !promises.contains(word) && !words.contains(word)) {
                    words.add(word);
                }
            }
        }
        return words;
    }

    /** What a section needs that is not promised; nothing if it cannot hold. */
    private static Optional<List<String>> missing(Section section, Promises promises, Set<Circumstance> circumstances) {
        List<String> words = new ArrayList<>();
        for (String word : section.words()) {
            Optional<Circumstance> circumstance = Circumstance.of(word);
            if (circumstance.isPresent()) {
                if (!circumstances.contains(circumstance.get())) {
                    return Optional.empty();
                }
            } else if (!promises.contains(word)) {
                words.add(word);
            }
        }
        return switch (section.kind()) {
            case PROMISE, ALL -> words.isEmpty() ? Optional.empty() : Optional.of(words);
            case ANY -> words.isEmpty() ? Optional.empty() : Optional.of(List.of(words.getFirst()));
            case ALWAYS, LOADER, ENOSYS, NEVER -> Optional.empty();
        };
    }

    private static boolean allows(List<Rule> rules, SeccompData call, Identity self) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).action() instanceof Action.Allow && rules.get(i).matches(call, self)) {
                return true;
            }
        }
        return false;
    }

    private static boolean mentions(List<Rule> rules, int number) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).number() == number && rules.get(i).action() instanceof Action.Allow) {
                return true;
            }
        }
        return false;
    }
}
