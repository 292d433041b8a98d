package org.jpledge.promise;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jpledge.linux.Violations;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Implication;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** From promises to a seccomp filter. */
public final class Lowering {
    private static final String ERROR = "error";

    /** libc makes these with all signals blocked, or in a child that has no handlers any more. */
    private static final List<String> WITHOUT_SIGNALS = List.of("clone", "fork", "vfork", "execve", "execveat");

    private static final Set<Circumstance> ALL = EnumSet.allOf(Circumstance.class);

    private Lowering() {}

    /**
     * What the promises allow, no more: the filter that holds from the program's entry point on, and in a process that
     * restricts itself. The flags of open(2) are checked by the filter, and no port is refused.
     *
     * @param promises the promises
     * @param arch the architecture
     * @param violation what happens to a call that is not promised; {@code error} makes an errno or a kill of it ENOSYS
     * @return the filter
     */
    public static Filter exact(Promises promises, Arch arch, Action violation) {
        return exact(promises, arch, violation, Circumstance.UNRESTRICTED);
    }

    /**
     * As {@link #exact(Promises, Arch, Action)}, in other circumstances.
     *
     * @param promises the promises
     * @param arch the architecture
     * @param violation what happens to a call that is not promised
     * @param circumstances what holds beside the promises
     * @return the filter
     */
    public static Filter exact(Promises promises, Arch arch, Action violation, Set<Circumstance> circumstances) {
        return filter(promises, false, arch, violation, circumstances);
    }

    /**
     * What the promises allow, and what a dynamic linker needs before the program's entry point. It allows whatever
     * {@link #exact(Promises, Arch, Action)} does.
     *
     * @param promises the promises
     * @param arch the architecture
     * @param violation what happens to a call that is not promised
     * @return the filter
     */
    public static Filter loader(Promises promises, Arch arch, Action violation) {
        return loader(promises, arch, violation, Circumstance.UNRESTRICTED);
    }

    /**
     * As {@link #loader(Promises, Arch, Action)}, in other circumstances.
     *
     * @param promises the promises
     * @param arch the architecture
     * @param violation what happens to a call that is not promised
     * @param circumstances what holds beside the promises
     * @return the filter
     */
    public static Filter loader(Promises promises, Arch arch, Action violation, Set<Circumstance> circumstances) {
        return filter(promises, true, arch, violation, circumstances);
    }

    /**
     * What the promises allow, and what the JVM needs that holds itself to them.
     *
     * @param promises the promises
     * @param arch the architecture
     * @param violation what happens to a call that is not promised
     * @param circumstances what holds beside the promises
     * @param jvm what the JVM needs
     * @return the filter
     */
    public static Filter jvm(
            Promises promises, Arch arch, Action violation, Set<Circumstance> circumstances, JvmTable jvm) {
        List<List<Rule>> own = needs(promises, arch, circumstances, jvm);
        return withoutSignals(filter(promises, false, arch, violation, circumstances, own), arch);
    }

    /** What a JVM needs besides. */
    static List<List<Rule>> needs(Promises promises, Arch arch, Set<Circumstance> circumstances, JvmTable jvm) {
        List<List<Rule>> own = new ArrayList<>();
        List<List<Rule>> rules = jvm.rules(arch, LoweredTable.of(arch).enosys());
        for (int i = 0; i < rules.size(); i++) {
            if (holds(jvm.sections().get(i), promises, false, circumstances)) {
                own.add(rules.get(i));
            }
        }
        return own;
    }

    /** Where a refusal is a signal, what is called when none can be handled is refused with an error. */
    static Filter withoutSignals(Filter filter, Arch arch) {
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            sections.add(section.arch() == arch ? withoutSignals(filter, section) : section);
        }
        return new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
    }

    private static Filter.Section withoutSignals(Filter filter, Filter.Section section) {
        Action eperm = LoweredTable.of(section.arch()).eperm();
        List<Rule> all = new ArrayList<>(section.rules());
        for (String call : WITHOUT_SIGNALS) {
            OptionalInt number = SyscallTable.of(section.arch()).number(call);
            if (number.isEmpty()) {
                continue;
            }
            for (int i = 0; i < all.size(); i++) {
                Rule rule = all.get(i);
                if (rule.number() == number.getAsInt() && rule.action() instanceof Action.Trap) {
                    all.set(i, new Rule(rule.number(), rule.conditions(), eperm));
                }
            }
            if (filter.otherwise() instanceof Action.Trap) {
                all.add(new Rule(number.getAsInt(), List.of(), eperm));
            }
        }
        return new Filter.Section(section.arch(), all, section.frequencies());
    }

    /**
     * Reads what of the promise table may hold under some promises, whatever the circumstances, so that lowering them is quicker
     * afterwards. It is kept anyway.
     *
     * @param promises the promises
     * @param arch the architecture
     */
    public static void prepare(Promises promises, Arch arch) {
        LoweredTable table = LoweredTable.of(arch);
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            if (holds(sections.get(i), promises, false, ALL)) {
                table.rules(i);
            }
        }
    }

    /**
     * What must go on before the program's entry point whatever a user's own rules say: the launcher's last steps, a dynamic
     * linker, and giving up what is left of it all.
     *
     * @param arch the architecture
     * @return rules to put before all others
     */
    public static List<Rule> startup(Arch arch) {
        List<Rule> rules = new ArrayList<>(128);
        addAllowed(Section.Kind.LOADER, arch, rules);
        addAllowed(Section.Kind.ALWAYS, arch, rules);
        return rules;
    }

    /** Adds what the promise table allows in all sections of a kind. */
    static void addAllowed(Section.Kind kind, Arch arch, List<Rule> rules) {
        List<Section> sections = PromiseTable.standard().sections();
        for (int i = 0; i < sections.size(); i++) {
            if (sections.get(i).kind() == kind) {
                addAllowed(LoweredTable.of(arch).rules(i), rules);
            }
        }
    }

    /** Adds those rules that allow something. */
    static void addAllowed(List<Rule> section, List<Rule> rules) {
        for (int i = 0; i < section.size(); i++) {
            if (isAllowed(section.get(i))) {
                rules.add(section.get(i));
            }
        }
    }

    private static Filter filter(
            Promises promises, boolean loader, Arch arch, Action violation, Set<Circumstance> circumstances) {
        return filter(promises, loader, arch, violation, circumstances, List.of());
    }

    private static Filter filter(
            Promises promises,
            boolean loader,
            Arch arch,
            Action violation,
            Set<Circumstance> circumstances,
            List<List<Rule>> more) {
        LoweredTable table = LoweredTable.of(arch);
        Action refusal = refusal(promises, violation, table);
        List<Section> sections = PromiseTable.standard().sections();
        List<List<Rule>> held = new ArrayList<>(sections.size() + more.size());
        held.addAll(more);
        for (int i = 0; i < sections.size(); i++) {
            if (holds(sections.get(i), promises, loader, circumstances)) {
                held.add(table.rules(i));
            }
        }
        return Filter.of(arch, merged(held, table, refusal), refusal, table.enosys(), foreign(refusal, table));
    }

    /** Whether the rules and paths of a section hold. */
    static boolean holds(Section section, Promises promises, boolean loader, Set<Circumstance> circumstances) {
        return switch (section.kind()) {
            case ALWAYS, ENOSYS -> true;
            case LOADER -> loader;
            case NEVER -> false;
            case PROMISE, ALL -> {
                boolean all = true;
                for (String word : section.words()) {
                    all &= isHeld(word, promises, circumstances);
                }
                yield all;
            }
            case ANY -> {
                boolean any = false;
                for (String word : section.words()) {
                    any |= isHeld(word, promises, circumstances);
                }
                yield any;
            }
        };
    }

    private static boolean isHeld(String word, Promises promises, Set<Circumstance> circumstances) {
        if (promises.contains(word)) {
            return true;
        }
        Optional<Circumstance> circumstance = Circumstance.of(word);
        return circumstance.isPresent() && circumstances.contains(circumstance.get());
    }

    /**
     * Everything that is allowed, then everything that is refused in its own way. A rule that another one makes superfluous
     * is left out.
     */
    private static List<Rule> merged(List<List<Rule>> held, LoweredTable table, Action refusal) {
        List<Rule> rules = new ArrayList<>(512);
        BitSet whole = new BitSet(512);
        for (List<Rule> section : held) {
            for (Rule rule : section) {
                addWhole(rule, whole, rules);
            }
        }
        Map<Integer, List<Rule>> asked = new LinkedHashMap<>();
        for (List<Rule> section : held) {
            for (Rule rule : section) {
                addAsked(rule, whole, asked);
            }
        }
        for (List<Rule> some : asked.values()) {
            rules.addAll(some);
        }
        for (List<Rule> section : held) {
            for (Rule rule : section) {
                addRefused(rule, whole, table, refusal, rules);
            }
        }
        return rules;
    }

    // Methods of their own: a JVM that lowers a few policies compiles what it calls for each rule, and not the loops
    // around it.
    private static void addWhole(Rule rule, BitSet whole, List<Rule> rules) {
        if (isAllowed(rule) && rule.conditions().isEmpty() && !whole.get(rule.number())) {
            whole.set(rule.number());
            rules.add(rule);
        }
    }

    private static void addRefused(Rule rule, BitSet whole, LoweredTable table, Action refusal, List<Rule> rules) {
        if (!isAllowed(rule) && !whole.get(rule.number()) && speaks(rule, table, refusal)) {
            rules.add(rule);
        }
    }

    /** Adds a rule to those about the same call, of which none implies another. */
    private static void addAsked(Rule rule, BitSet whole, Map<Integer, List<Rule>> asked) {
        if (!isAllowed(rule) || whole.get(rule.number())) {
            return;
        }
        List<Rule> others = asked.get(rule.number());
        if (others == null) {
            others = new ArrayList<>(8);
            asked.put(rule.number(), others);
        }
        for (int i = others.size() - 1; i >= 0; i--) {
            if (Implication.holds(rule, others.get(i))) {
                return;
            }
            if (Implication.holds(others.get(i), rule)) {
                others.remove(i);
            }
        }
        others.add(rule);
    }

    private static boolean isAllowed(Rule rule) {
        return rule.action() instanceof Action.Allow;
    }

    /** ENOSYS is always said; the errno that the table has for some calls replaces a kill only. */
    private static boolean speaks(Rule rule, LoweredTable table, Action refusal) {
        return isKill(refusal)
                || isReportedDeath(refusal)
                || rule.action().encoded() == table.enosys().encoded();
    }

    private static Action refusal(Promises promises, Action violation, LoweredTable table) {
        boolean refuses = violation instanceof Action.Errno || isKill(violation);
        return refuses && promises.contains(ERROR) ? table.enosys() : violation;
    }

    /** Another architecture is denied, even where a violation is only watched: its numbers mean other calls. */
    private static Action foreign(Action refusal, LoweredTable table) {
        boolean denies = refusal instanceof Action.Errno || refusal instanceof Action.Trap || isKill(refusal);
        return denies ? refusal : table.eperm();
    }

    /** How a JVM is killed that says why. */
    private static boolean isReportedDeath(Action action) {
        return action instanceof Action.Trap(int data) && data == Violations.KILL;
    }

    private static boolean isKill(Action action) {
        return action instanceof Action.KillProcess || action instanceof Action.KillThread;
    }
}
