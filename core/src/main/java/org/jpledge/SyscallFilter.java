package org.jpledge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jpledge.bpf.Program;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Shadow;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.KernelVersion;

/**
 * A seccomp filter of one's own, call by call: for who needs other things than promises say.
 *
 * {@snippet :
 * import static org.jpledge.SyscallFilter.*;
 * import static org.jpledge.syscall.Errno.*;
 *
 * var f = SyscallFilter.defaultAction(KILL).rule(ALLOW, "write", arg(0).eq(1)).rule(errno(EACCES), "open");
 * f.load();
 * }
 *
 * <p>A call is decided by the first rule that matches. A call without one gets the default action; a number that no table knows
 * {@link #onUnknown ENOSYS}; a call of an architecture that the filter is not for (on x86-64, int 0x80 and x32) ends the process,
 * unless {@link #onForeign} says otherwise.
 *
 * <p>A filter cannot be taken back: there is no reset, in the kernel neither. A second one only makes things stricter, as of two
 * answers the more severe one holds (kill, kill-thread, trap, errno, notify, trace, log, allow). Children inherit filters.
 *
 * <p>Immutable and thread safe: every method that changes something returns a new filter. See seccomp(2), and
 * {@code docs/syscall-filter.md}.
 */
public final class SyscallFilter {
    /** Lets a call through. */
    public static final Action ALLOW = Action.ALLOW;

    /** Ends the process, as if by SIGSYS, whatever it does about that signal (exit status 159; Linux 4.14). */
    public static final Action KILL = Action.KILL_PROCESS;

    /** Ends the thread that makes the call, and no other. In a JVM, locks that it held stay locked. */
    public static final Action KILL_THREAD = Action.KILL_THREAD;

    /** Lets a call through, and has the kernel log it. */
    public static final Action LOG = Action.LOG;

    /** Asks who listens, see {@link Notifications}; ENOSYS where nobody does. */
    public static final Action NOTIFY = Action.NOTIFY;

    private final Answer otherwise;
    private final Answer unknown;
    private final Answer foreign;
    private final List<Clause> clauses;
    private final List<Arch> architectures;
    private final Optional<KernelVersion> kernel;
    private final Frequencies frequencies;
    private final Set<FilterFlag> flags;

    private SyscallFilter(
            Answer otherwise,
            Answer unknown,
            Answer foreign,
            List<Clause> clauses,
            List<Arch> architectures,
            Optional<KernelVersion> kernel,
            Frequencies frequencies,
            Set<FilterFlag> flags) {
        this.otherwise = otherwise;
        this.unknown = unknown;
        this.foreign = foreign;
        this.clauses = clauses;
        this.architectures = architectures;
        this.kernel = kernel;
        this.frequencies = frequencies;
        this.flags = flags;
    }

    /**
     * A filter without rules, for the architecture that this JVM runs on.
     *
     * @param action what happens to calls that no rule is about
     * @return the filter
     */
    public static SyscallFilter defaultAction(Action action) {
        return defaultAction(new Answer.Same(action));
    }

    /**
     * A filter without rules, for the architecture that this JVM runs on.
     *
     * @param error the error of calls that no rule is about
     * @return the filter
     */
    public static SyscallFilter defaultAction(Errno error) {
        return defaultAction(new Answer.Named(error));
    }

    private static SyscallFilter defaultAction(Answer answer) {
        return new SyscallFilter(
                answer,
                new Answer.Named(Errno.ENOSYS),
                new Answer.Same(KILL),
                List.of(),
                List.of(Arch.host()),
                Optional.empty(),
                Frequencies.EQUAL,
                EnumSet.noneOf(FilterFlag.class));
    }

    /**
     * A filter that was read, recovered or made otherwise, to be changed or loaded.
     *
     * @param filter the filter
     * @return the same, with its architectures
     */
    public static SyscallFilter of(Filter filter) {
        List<Clause> clauses = new ArrayList<>();
        List<Arch> architectures = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            clauses.add(new Clause.OfSection(section));
            architectures.add(section.arch());
        }
        return new SyscallFilter(
                new Answer.Same(filter.otherwise()),
                new Answer.Same(filter.unknown()),
                new Answer.Same(filter.foreign()),
                List.copyOf(clauses),
                List.copyOf(architectures),
                Optional.empty(),
                Frequencies.EQUAL,
                EnumSet.noneOf(FilterFlag.class));
    }

    /**
     * An error as an answer: {@code errno(EACCES)}.
     *
     * @param error the error, whose number is looked up for each architecture
     * @return the same, so that rules can be read aloud
     */
    public static Errno errno(Errno error) {
        return error;
    }

    /**
     * An error as an answer.
     *
     * @param name such as {@code "EACCES"}
     * @return the error
     * @throws IllegalArgumentException if there is none of this name; the message has the nearest
     */
    public static Errno errno(String name) {
        for (Errno error : Errno.values()) {
            if (error.name().equals(name)) {
                return error;
            }
        }
        Optional<String> nearest = Errno.nearest(Arch.host(), name);
        throw new IllegalArgumentException("unknown error \"" + name + '"'
                + (nearest.isPresent() ? " (did you mean " + nearest.get() + "?)" : ""));
    }

    /**
     * An error as an answer, by its number, which is the same on each architecture then.
     *
     * @param number 1 to 4095; the kernel takes a greater one for 4095
     * @return the action
     * @throws IllegalArgumentException if the number is not in this range; with 0 the refused call would seem to succeed
     */
    public static Action errno(int number) {
        if (number < 1 || number > 4095) {
            throw new IllegalArgumentException("errno takes 1 to 4095, not " + number
                    + (number == 0 ? ": the refused call would seem to succeed" : ""));
        }
        return new Action.Errno(number);
    }

    /**
     * Sends SIGSYS instead of making the call.
     *
     * @param data 0 to 65535, which a handler finds in {@code si_errno}
     * @return the action
     */
    public static Action trap(int data) {
        return new Action.Trap(data);
    }

    /**
     * Stops for a tracer that asked for it (PTRACE_O_TRACESECCOMP); ENOSYS without one.
     *
     * @param data 0 to 65535, which the tracer gets as its event's message
     * @return the action
     */
    public static Action trace(int data) {
        return new Action.Trace(data);
    }

    /**
     * An argument, to be compared.
     *
     * @param index 0 to 5
     * @return the argument
     */
    public static Argument arg(int index) {
        return Argument.of(index);
    }

    /**
     * An argument by its name in the manual page: {@code arg("prot")} of mmap is argument 2.
     *
     * @param name the name, which is looked up where a rule names the call
     * @return the argument
     */
    public static Argument arg(String name) {
        return Argument.of(name);
    }

    /**
     * Adds a rule, after all others.
     *
     * @param action what happens to the call
     * @param call the call by the kernel's name; on an architecture that lacks it there is no such rule
     * @param tests what all of its arguments must meet; without tests, any arguments
     * @return the changed filter
     * @throws IllegalArgumentException if there is no such call (the message has the nearest) or argument, a value does not fit it,
     *     the tests contradict each other, or a rule with the same tests says otherwise
     */
    public SyscallFilter rule(Action action, String call, ArgumentTest... tests) {
        return rule(new Answer.Same(action), call, tests);
    }

    /**
     * Adds a rule, after all others.
     *
     * @param error the call's error
     * @param call the call by the kernel's name; on an architecture that lacks it there is no such rule
     * @param tests what all of its arguments must meet; without tests, any arguments
     * @return the changed filter
     * @throws IllegalArgumentException as {@link #rule(Action, String, ArgumentTest...)}
     */
    public SyscallFilter rule(Errno error, String call, ArgumentTest... tests) {
        return rule(new Answer.Named(error), call, tests);
    }

    private SyscallFilter rule(Answer answer, String call, ArgumentTest... tests) {
        Clause.OfCall added = new Clause.OfCall(answer, call, List.of(tests));
        Arch arch = Clause.knowing(call);
        List<Rule> rules = added.on(arch);
        for (Shadow shadow : Shadow.of(Filter.of(arch, rules, ALLOW, ALLOW, ALLOW))) {
            throw new IllegalArgumentException(shadow.text());
        }
        for (Clause clause : clauses) {
            if (clause instanceof Clause.OfCall(Answer other, String name, List<ArgumentTest> same)
                    && name.equals(call)
                    && new Clause.OfCall(answer, call, same).on(arch).equals(rules)
                    && !other.equals(answer)) {
                throw new IllegalArgumentException(call + " cannot be " + answer.text()
                        + ": an earlier rule with the same tests says " + other.text() + ", and the first one decides");
            }
        }
        return with(added);
    }

    /**
     * Adds rules in the rule language, after all others: {@code rules("mmap(prot & PROT_EXEC == 0) ioctl -> errno ENOTTY", ALLOW)}.
     *
     * @param rules the text, see {@link org.jpledge.seccomp.RuleParser}
     * @param action what happens where a rule has no {@code ->}
     * @return the changed filter
     * @throws org.jpledge.seccomp.RuleSyntaxException if the text is not right on one of the architectures that the filter is for now
     */
    public SyscallFilter rules(String rules, Action action) {
        return rules(rules, new Answer.Same(action));
    }

    /**
     * Adds rules in the rule language, after all others.
     *
     * @param rules the text, see {@link org.jpledge.seccomp.RuleParser}
     * @param error the error where a rule has no {@code ->}
     * @return the changed filter
     * @throws org.jpledge.seccomp.RuleSyntaxException if the text is not right on one of the architectures that the filter is for now
     */
    public SyscallFilter rules(String rules, Errno error) {
        return rules(rules, new Answer.Named(error));
    }

    private SyscallFilter rules(String rules, Answer answer) {
        Clause added = new Clause.OfText(rules, answer);
        for (Arch arch : architectures) {
            added.on(arch);
        }
        return with(added);
    }

    private SyscallFilter with(Clause clause) {
        List<Clause> more = new ArrayList<>(clauses);
        more.add(clause);
        return new SyscallFilter(
                otherwise, unknown, foreign, List.copyOf(more), architectures, kernel, frequencies, flags);
    }

    /**
     * Chooses what happens to calls of an architecture that the filter is not for.
     *
     * @param action {@link #KILL}, if this method is not called
     * @return the changed filter
     */
    public SyscallFilter onForeign(Action action) {
        return new SyscallFilter(
                otherwise, unknown, new Answer.Same(action), clauses, architectures, kernel, frequencies, flags);
    }

    /**
     * Chooses the error of calls of an architecture that the filter is not for.
     *
     * @param error the error, with the number that it has on the first architecture that the filter is for
     * @return the changed filter
     */
    public SyscallFilter onForeign(Errno error) {
        return new SyscallFilter(
                otherwise, unknown, new Answer.Named(error), clauses, architectures, kernel, frequencies, flags);
    }

    /**
     * Chooses what happens to numbers that no table knows, because the kernel is younger than this library.
     *
     * @param action ENOSYS, if this method is not called: then libraries do as on an older kernel
     * @return the changed filter
     */
    public SyscallFilter onUnknown(Action action) {
        return new SyscallFilter(
                otherwise, new Answer.Same(action), foreign, clauses, architectures, kernel, frequencies, flags);
    }

    /**
     * Chooses the error of numbers that no table knows.
     *
     * @param error the error
     * @return the changed filter
     */
    public SyscallFilter onUnknown(Errno error) {
        return new SyscallFilter(
                otherwise, new Answer.Named(error), foreign, clauses, architectures, kernel, frequencies, flags);
    }

    /**
     * Says which kernel the rules were written for: calls that are newer and have no rule are as unknown as numbers without a name,
     * see {@link Filter#withKernel}.
     *
     * @param version such as {@code "6.1"}
     * @return the changed filter
     * @throws IllegalArgumentException if it is no version
     */
    public SyscallFilter kernel(String version) {
        return new SyscallFilter(
                otherwise,
                unknown,
                foreign,
                clauses,
                architectures,
                Optional.of(KernelVersion.parse(version)),
                frequencies,
                flags);
    }

    /**
     * Chooses for which architectures the program is: it begins by asking which one a call is of. Rules by name are made for each.
     *
     * @param chosen at least one; the first is the one that is asked for first
     * @return the changed filter
     * @throws IllegalArgumentException if there is none, or one twice
     */
    public SyscallFilter arch(Arch... chosen) {
        if (chosen.length == 0) {
            throw new IllegalArgumentException("a filter is for at least one architecture");
        }
        Set<Arch> seen = EnumSet.noneOf(Arch.class);
        for (Arch arch : chosen) {
            if (!seen.add(arch)) {
                throw new IllegalArgumentException(arch.label() + " is named twice");
            }
        }
        return new SyscallFilter(otherwise, unknown, foreign, clauses, List.of(chosen), kernel, frequencies, flags);
    }

    /**
     * Says how often a call is made, so that the program decides it sooner. It changes no answer.
     *
     * @param call the call
     * @param often of {@link Frequencies#WHOLE} calls in all, so many
     * @return the changed filter
     * @throws IllegalArgumentException if there is no such call, or the number is negative or more than the whole
     */
    public SyscallFilter frequency(String call, int often) {
        Clause.knowing(call);
        return new SyscallFilter(
                otherwise, unknown, foreign, clauses, architectures, kernel, frequencies.with(call, often), flags);
    }

    /**
     * Chooses how the kernel installs the filter.
     *
     * @param chosen in place of those chosen before
     * @return the changed filter
     * @throws IllegalArgumentException if {@link FilterFlag#WAIT_KILLABLE_RECV} is without {@link FilterFlag#NEW_LISTENER}, which the
     *     kernel refuses
     */
    public SyscallFilter flags(FilterFlag... chosen) {
        Set<FilterFlag> set = EnumSet.noneOf(FilterFlag.class);
        set.addAll(List.of(chosen));
        if (set.contains(FilterFlag.WAIT_KILLABLE_RECV) && !set.contains(FilterFlag.NEW_LISTENER)) {
            throw new IllegalArgumentException("WAIT_KILLABLE_RECV is about a listener: it needs NEW_LISTENER");
        }
        return new SyscallFilter(otherwise, unknown, foreign, clauses, architectures, kernel, frequencies, set);
    }

    /**
     * Both filters in one: this one's rules, then the other's, which so decide only what this one has no rule for. It is for the
     * architectures of both. (To allow only what both allow, load both.)
     *
     * @param other its rules, its frequencies and its flags are added
     * @return the filter
     * @throws IllegalArgumentException if the two differ in what they do without a rule; the message says how
     */
    public SyscallFilter merge(SyscallFilter other) {
        same("by default", otherwise, other.otherwise);
        same("for unknown numbers", unknown, other.unknown);
        same("for foreign architectures", foreign, other.foreign);
        if (kernel.isPresent() && other.kernel.isPresent() && !kernel.equals(other.kernel)) {
            throw new IllegalArgumentException(
                    "one filter was written for Linux " + kernel.get() + ", the other for " + other.kernel.get());
        }
        List<Clause> more = new ArrayList<>(clauses);
        more.addAll(other.clauses);
        List<Arch> all = new ArrayList<>(architectures);
        for (Arch arch : other.architectures) {
            if (!all.contains(arch)) {
                all.add(arch);
            }
        }
        SortedMap<String, Integer> often = new TreeMap<>(other.frequencies.calls());
        often.putAll(frequencies.calls());
        Set<FilterFlag> set = EnumSet.copyOf(flags);
        set.addAll(other.flags);
        return new SyscallFilter(
                otherwise,
                unknown,
                foreign,
                List.copyOf(more),
                List.copyOf(all),
                kernel.isPresent() ? kernel : other.kernel,
                new Frequencies(often),
                set);
    }

    private void same(String where, Answer own, Answer others) {
        Arch arch = architectures.getFirst();
        if (!own.on(arch).equals(others.on(arch))) {
            throw new IllegalArgumentException("the filters cannot be merged: " + where + " one says " + own.text()
                    + ", the other " + others.text());
        }
    }

    /**
     * The rules that no call can ever meet, as others come before them, and what those are. Nothing keeps such a filter from being
     * used: they are mistakes, or what is left of a {@link #merge}.
     *
     * @return in their order
     */
    public List<Shadow> shadowed() {
        return Shadow.of(filter());
    }

    /**
     * The filter as a value, which can be explained, compiled, proven and compared.
     *
     * @return the filter
     * @throws IllegalArgumentException if it cannot be said on one of its architectures: a text names a constant or a test an argument
     *     that is missing there
     */
    public Filter filter() {
        List<Filter.Section> sections = new ArrayList<>(architectures.size());
        for (Arch arch : architectures) {
            List<Rule> rules = new ArrayList<>(clauses.size());
            for (Clause clause : clauses) {
                rules.addAll(clause.on(arch));
            }
            sections.add(new Filter.Section(arch, rules, frequencies(arch)));
        }
        Filter filter = new Filter(sections, common(otherwise), common(unknown), common(foreign));
        return kernel.isPresent() ? filter.withKernel(kernel.get()) : filter;
    }

    private Frequencies frequencies(Arch arch) {
        Frequencies all = Frequencies.MEASURED;
        for (Clause clause : clauses) {
            if (clause instanceof Clause.OfSection(Filter.Section section) && section.arch() == arch) {
                all = section.frequencies();
            }
        }
        for (Map.Entry<String, Integer> own : frequencies.calls().entrySet()) {
            all = all.with(own.getKey(), own.getValue());
        }
        return all;
    }

    /** What is said once for all architectures. */
    private Action common(Answer answer) {
        Action action = answer.on(architectures.getFirst());
        for (Arch arch : architectures) {
            if (!answer.on(arch).equals(action)) {
                throw new IllegalArgumentException(answer.text() + " has different numbers on "
                        + architectures.getFirst().label() + " and " + arch.label()
                        + ": one program for both can only have it in rules");
            }
        }
        return action;
    }

    /**
     * The filter compiled, as the kernel takes it.
     *
     * @return the program
     * @throws IllegalArgumentException if it has more than 4096 instructions (the message says what most of them are for), or depends
     *     on the process that will have it ({@code $pid}, {@code $uid}, {@code $gid})
     */
    public Program program() {
        Compiled compiled = Compiler.compile(filter());
        if (!compiled.patches().isEmpty()) {
            throw new IllegalArgumentException(
                    "the program is not finished before it is known which process has it: a rule asks for "
                            + compiled.patches().getFirst().variable().text());
        }
        return compiled.program();
    }

    /**
     * The filter in another form: {@code f.export(FilterText::of)}.
     *
     * @param <T> the form
     * @param format makes it
     * @return what it made
     */
    public <T> T export(Function<? super Filter, ? extends T> format) {
        return format.apply(filter());
    }

    /**
     * Filters this JVM, all its threads, for good, and with it all processes that it starts from now on. What a JVM needs to go on is
     * allowed after all of the rules, so a rule can still refuse it; without a rule it is allowed, on any arguments: memory, threads,
     * time, and reading and writing what is open already ({@code jvm.rules} in the library). Native code and classes that are
     * loaded late need {@code openat} and {@code mmap}; if the filter refuses to open files, what is most likely used is loaded first. May
     * be called by any thread, virtual ones too.
     *
     * @return the program that the kernel has now
     * @throws SandboxException if the kernel, or this JVM, does not let it be enforced: nothing is filtered then
     * @throws IllegalArgumentException if the filter is not for this architecture, or {@link #program} would throw it
     * @throws IllegalStateException if a rule notifies and nobody would listen: see {@link #loadListening}
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public Program load() {
        return JvmFilter.of(filter(), flags, true).load();
    }

    /**
     * Does what {@link #load} does, but allows nothing beyond the rules: for filters that were tried with {@link #load} and a copy of
     * {@code jvm.rules}. A JVM that is refused what it needs aborts, or hangs.
     *
     * @return the program that the kernel has now
     * @throws SandboxException if the kernel, or this JVM, does not let it be enforced: nothing is filtered then
     * @throws IllegalArgumentException if the filter is not for this architecture, or {@link #program} would throw it
     * @throws IllegalStateException if a rule notifies and nobody would listen
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public Program loadExactly() {
        return JvmFilter.of(filter(), flags, false).load();
    }

    /**
     * Does what {@link #load} does, and asks about the calls for which the filter notifies. Whoever answers is a thread of this JVM
     * itself: it must never make such a call, and no thread that holds what it needs (a lock, a safepoint) may wait for it. A
     * process has one listener only (EBUSY).
     *
     * @return the calls
     * @throws SandboxException if the kernel, or this JVM, does not let it be enforced: nothing is filtered then
     * @throws IllegalArgumentException if the filter is not for this architecture, or {@link #program} would throw it
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public Notifications loadListening() {
        return new Notifications(JvmFilter.of(filter(), flags, true).listen());
    }

    /**
     * Starts a program under this filter, with pipes to its standard streams.
     *
     * @param command a program, looked for in PATH if it has no slash, and its arguments
     * @return the process: its id is the program's own
     * @throws IOException if it cannot be started
     */
    public Process start(String... command) throws IOException {
        return start(new ProcessBuilder(command));
    }

    /**
     * Starts a program under this filter, as the builder says: directory, environment, redirections. The filter holds from the
     * program's entry point on; before it, what a dynamic linker needs is allowed besides. The launcher is that of
     * {@link Sandbox}, and nothing of this library runs beside the program.
     *
     * @param builder the command and its circumstances; its command is the same afterwards
     * @return the process: its id is the program's own
     * @throws IOException if it cannot be started
     * @throws IllegalStateException if a rule notifies and nobody would listen
     */
    public Process start(ProcessBuilder builder) throws IOException {
        return FilterLaunch.of(filter(), flags).start(builder);
    }

    /**
     * Starts a program under this filter, with pipes to its standard streams, and asks this process about the calls for which the filter
     * notifies.
     *
     * @param command a program, looked for in PATH if it has no slash, and its arguments
     * @return the program, at its entry point, and its calls
     * @throws IOException if it cannot be started
     */
    public SupervisedProcess startListening(String... command) throws IOException {
        return startListening(new ProcessBuilder(command));
    }

    /**
     * Starts a program under this filter, as the builder says, and asks this process about the calls for which the filter notifies.
     * Before the program's entry point nobody is asked: such a call is ENOSYS then, but for what a dynamic linker needs. Signals
     * do not interrupt a call that this process has been told of, where the kernel can keep them from it (Linux 5.19).
     *
     * @param builder the command and its circumstances
     * @return the program, at its entry point, and its calls
     * @throws IOException if it cannot be started
     * @throws IllegalArgumentException if the filter refuses close(2), by which the program gives its listener away
     */
    public SupervisedProcess startListening(ProcessBuilder builder) throws IOException {
        return FilterLaunch.of(filter(), flags).startListening(builder);
    }
}
