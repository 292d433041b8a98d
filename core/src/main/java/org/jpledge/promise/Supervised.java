package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.launch.Supervision;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;

/**
 * A filter that asks instead of deciding: a supervisor about what the filter refuses, and about what Landlock may refuse where
 * the filter lets it through. All else stays as it is: what is allowed, what has an error of its own (ENOSYS, so that a
 * library goes on with an older call), and the calls of another architecture.
 */
public final class Supervised {
    /** Before the most specific of these, calls are watched whatever their arguments. */
    private static final List<Condition> ALWAYS = List.of();

    private static final List<String> NAMES = List.of(
            "truncate",
            "unlink",
            "unlinkat",
            "rmdir",
            "mkdir",
            "mkdirat",
            "mknod",
            "mknodat",
            "symlink",
            "symlinkat",
            "link",
            "linkat",
            "rename",
            "renameat",
            "renameat2",
            "creat");

    private static final List<String> EXECUTING = List.of("execve", "execveat");
    private static final List<String> ADDRESSED = List.of("connect", "bind");
    private static final List<String> SENDING = List.of("sendto", "sendmsg", "sendmmsg");
    private static final List<String> SIGNALLING =
            List.of("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal");

    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> EXECUTE = Rights.of(FsRight.READ_FILE, FsRight.EXECUTE);

    private final Arch arch;
    private final Ruleset ruleset;

    /** Under which conditions a call is let through without a question, by number; for none, it never is. */
    private final Map<Integer, List<Condition>> watched = new TreeMap<>();

    private Supervised(Arch arch, Ruleset ruleset) {
        this.arch = arch;
        this.ruleset = ruleset;
        if (!ruleset.handledFs().isEmpty()) {
            watch(NAMES);
            watchOpen("open");
            watchOpen("openat");
            if (!granted(EXECUTE)) {
                watch(EXECUTING);
            }
            watch(ADDRESSED);
        }
        if (!ruleset.handledNet().isEmpty()) {
            watch(ADDRESSED);
        }
        if (ruleset.handledNet().has(NetRight.CONNECT_SEND_UDP)
                || ruleset.handledFs().has(FsRight.RESOLVE_UNIX)
                || ruleset.scoped().has(Scope.ABSTRACT_UNIX_SOCKET)) {
            watch(ADDRESSED);
            watch(SENDING);
        }
        if (ruleset.scoped().has(Scope.SIGNAL)) {
            watch(SIGNALLING);
        }
    }

    /**
     * The filter from the entry point on.
     *
     * @param filter what it is to mean
     * @param arch its architecture
     * @param enforcement what goes with it
     * @return a filter that asks by {@link Action.Notify}
     */
    public static Filter exact(Filter filter, Arch arch, Enforcement enforcement) {
        return exact(filter, arch, enforcement, Set.of());
    }

    /** As {@link #exact(Filter, Arch, Enforcement)}; what some rules refuse is asked about, too. */
    static Filter exact(Filter filter, Arch arch, Enforcement enforcement, Set<Rule> told) {
        return of(arch, enforcement).asking(filter, told, Stage.EXACT);
    }

    /**
     * The filter before the entry point.
     *
     * @param filter what it is to mean
     * @param arch its architecture
     * @param enforcement what goes with it
     * @return a filter that asks by {@link Action.Trace}, with what it means in the data ({@link Supervision})
     * @throws IllegalArgumentException if the filter raises signals, which nobody can do in its place
     */
    public static Filter loader(Filter filter, Arch arch, Enforcement enforcement) {
        return loader(filter, arch, enforcement, Set.of());
    }

    /** As {@link #loader(Filter, Arch, Enforcement)}; what some rules refuse is asked about, too. */
    static Filter loader(Filter filter, Arch arch, Enforcement enforcement, Set<Rule> told) {
        return of(arch, enforcement).asking(filter, told, Stage.LOADER);
    }

    /** Whether a supervisor can do what an action does. */
    static boolean isAnswerable(Action action) {
        return switch (action) {
            case Action.Errno(int number) -> number != 0;
            case Action.KillThread _, Action.Trap _ -> false;
            case Action.Allow _, Action.KillProcess _, Action.Log _, Action.Notify _, Action.Trace _ -> true;
        };
    }

    /** How a filter asks. */
    private enum Stage {
        LOADER,
        EXACT;

        /** In place of letting a call through that Landlock may refuse. */
        Action watching() {
            return this == EXACT ? Action.NOTIFY : new Action.Trace(Supervision.WATCH);
        }

        /** In place of what all calls get that no rule is about. */
        Action otherwise(Action action) {
            return switch (action) {
                case Action.Allow _ -> action;
                // Watching only: the kernel's log has it.
                case Action.Log _ -> this == EXACT ? Action.NOTIFY : action;
                default -> {
                    if (!isAnswerable(action)) {
                        throw new IllegalArgumentException("nobody can answer for " + action);
                    }
                    yield asking(action);
                }
            };
        }

        /** In place of a refusal; the same where nobody can do that in the filter's place. */
        Action asking(Action action) {
            return switch (action) {
                case Action.Errno(int number)
                when number != 0 -> this == EXACT ? Action.NOTIFY : new Action.Trace(number);
                case Action.KillProcess _ -> this == EXACT ? Action.NOTIFY : new Action.Trace(Supervision.KILL);
                default -> action;
            };
        }
    }

    private static Supervised of(Arch arch, Enforcement enforcement) {
        return new Supervised(arch, enforcement.exact().orElse(Ruleset.NOTHING));
    }

    private void watch(List<String> calls) {
        for (String call : calls) {
            OptionalInt number = SyscallTable.of(arch).number(call);
            if (number.isPresent()) {
                watched.put(number.getAsInt(), ALWAYS);
            }
        }
    }

    /** Where all may be read, opening for reading is never refused. */
    private void watchOpen(String call) {
        OptionalInt number = SyscallTable.of(arch).number(call);
        if (number.isEmpty()) {
            return;
        }
        if (!granted(READ)) {
            watched.put(number.getAsInt(), ALWAYS);
            return;
        }
        int flags = Signature.of(arch, call).orElseThrow().position("flags").orElseThrow();
        long changing = flag("O_ACCMODE") | flag("O_CREAT") | flag("O_TRUNC");
        watched.put(
                number.getAsInt(),
                List.of(new Condition(flags, false, changing, Operator.EQ, List.of(new Value.Constant(0)))));
    }

    private long flag(String name) {
        OptionalLong value = Constants.of(arch).value(name);
        return value.orElseThrow();
    }

    /** Whether Landlock grants rights everywhere, or does not handle them. */
    private boolean granted(Rights<FsRight> rights) {
        Rights<FsRight> granted = Ruleset.ALL_FS.minus(ruleset.handledFs());
        for (PathRule rule : ruleset.paths()) {
            if (rule.path().equals(FilePath.ROOT)) {
                granted = granted.plus(rule.allowed());
            }
        }
        return granted.hasAll(rights);
    }

    private Filter asking(Filter filter, Set<Rule> told, Stage stage) {
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            boolean deadly = filter.otherwise() instanceof Action.KillProcess;
            List<Rule> rules = new ArrayList<>();
            for (Rule rule : section.rules()) {
                boolean asks = told.contains(rule);
                deadly |= asks && rule.action() instanceof Action.KillProcess;
                add(
                        rules,
                        asks ? new Rule(rule.number(), rule.conditions(), stage.asking(rule.action())) : rule,
                        stage);
            }
            if (filter.otherwise() instanceof Action.Allow && section.arch() == arch) {
                for (int number : watched.keySet()) {
                    add(rules, new Rule(number, List.of(), Action.ALLOW), stage);
                }
            }
            if (deadly) {
                rules.add(new Rule(Supervision.DEADLY, List.of(), Action.KILL_PROCESS));
            }
            sections.add(new Filter.Section(section.arch(), rules, section.frequencies()));
        }
        return new Filter(sections, stage.otherwise(filter.otherwise()), filter.unknown(), filter.foreign());
    }

    private void add(List<Rule> rules, Rule rule, Stage stage) {
        Optional<List<Condition>> free = Optional.ofNullable(watched.get(rule.number()));
        if (free.isEmpty() || !(rule.action() instanceof Action.Allow)) {
            rules.add(rule);
            return;
        }
        if (!free.get().isEmpty()) {
            List<Condition> all = new ArrayList<>(rule.conditions());
            all.addAll(free.get());
            rules.add(new Rule(rule.number(), all, Action.ALLOW));
        }
        rules.add(new Rule(rule.number(), rule.conditions(), stage.watching()));
    }
}
