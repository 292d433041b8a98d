package org.jpledge.tools.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Reach;
import org.jpledge.seccomp.Recovery;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.syscall.Width;

/** Looks for what the author of a filter may not have meant. */
public final class Audit {
    private static final long LOW = 0xffffffffL;
    private static final int SEVERAL = 8;

    private final Program program;
    private final Recovery recovery;
    private final Reach reach;
    private final Interpreter interpreter;
    private final List<Finding> findings = new ArrayList<>();

    private Audit(Program program, Arch assumed) {
        this.program = program;
        this.recovery = Recovery.of(program, assumed);
        this.reach = new Reach(program);
        this.interpreter = new Interpreter(program);
    }

    /**
     * Looks at a program.
     *
     * @param program the program
     * @param assumed the architecture that is meant where the program does not ask for one
     * @return what was found, the worst first
     */
    public static List<Finding> of(Program program, Arch assumed) {
        Audit audit = new Audit(program, assumed);
        audit.look();
        audit.findings.sort((a, b) -> a.kind().compareTo(b.kind()));
        return List.copyOf(audit.findings);
    }

    /**
     * What a program costs.
     *
     * @param program the program
     * @param arch the architecture whose calls are counted
     * @return one sentence
     */
    public static String cost(Program program, Arch arch) {
        int remembered = 0;
        int[] numbers = SyscallTable.of(arch).ascending();
        for (int number : numbers) {
            remembered += ActionCache.allows(program, arch.audit(), number) ? 1 : 0;
        }
        return program.length() + " instructions, " + program.convertedLength()
                + " after the kernel has converted them; at most " + Reach.longest(program)
                + " are executed for a call; " + remembered + " of " + numbers.length + " calls of " + arch.label()
                + " are remembered as allowed and execute none";
    }

    private void look() {
        Filter filter = recovery.filter();
        architectures();
        for (Filter.Section section : filter.sections()) {
            Arch arch = section.arch();
            x32(arch);
            tiocsti(arch);
            multiplexers(arch);
            comparisons(section);
            errnoZero(section);
            unknownNumbers(arch);
            remembered(arch);
        }
        List<Integer> dead = reach.dead();
        if (!dead.isEmpty()) {
            add(
                    Finding.Kind.DEAD_INSTRUCTIONS,
                    "no call comes to instruction" + (dead.size() == 1 ? " " : "s ") + list(dead),
                    Optional.empty());
        }
        for (String unclear : recovery.unclear()) {
            add(Finding.Kind.NOT_FOLLOWED, unclear, Optional.empty());
        }
    }

    private static String list(List<?> all) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < Math.min(all.size(), SEVERAL); i++) {
            out.append(i == 0 ? "" : ", ").append(all.get(i));
        }
        return all.size() > SEVERAL ? out + " and " + (all.size() - SEVERAL) + " more" : out.toString();
    }

    private void add(Finding.Kind kind, String sentence, Optional<String> witness) {
        findings.add(new Finding(kind, sentence, witness));
    }

    private static String text(SeccompData call) {
        return CallText.of(call, ProgramFile.known(call.arch()));
    }

    private static boolean isLetThrough(Action action) {
        return !(action instanceof Action.Errno
                || action instanceof Action.KillProcess
                || action instanceof Action.KillThread
                || action instanceof Action.Trap);
    }

    /** Whether anything is refused at all: a filter that lets everything through has no holes. */
    private boolean refuses(int audit) {
        for (int number : reach.numbers()) {
            if (reach.find(audit, number, action -> !isLetThrough(action), List.of())
                    .isPresent()) {
                return true;
            }
        }
        return false;
    }

    private void architectures() {
        List<Arch> asked = reach.asked();
        int some = 0;
        for (Filter.Section section : recovery.filter().sections()) {
            some = section.arch().audit();
        }
        if (!refuses(some)) {
            return;
        }
        for (Arch arch : Arch.values()) {
            boolean section = false;
            for (Filter.Section one : recovery.filter().sections()) {
                section |= one.arch() == arch;
            }
            if (asked.contains(arch) || section) {
                continue;
            }
            for (int number : reach.numbers()) {
                Optional<SeccompData> through = reach.find(arch.audit(), number, Audit::isLetThrough, List.of());
                if (through.isPresent()) {
                    add(
                            Finding.Kind.ARCHITECTURE,
                            "calls of an architecture that it does not ask for, such as " + arch.label()
                                    + ", are let through, where the same number is another call",
                            Optional.of(arch.label() + ": " + text(through.get())));
                    return;
                }
            }
        }
    }

    private void x32(Arch arch) {
        if (arch != Arch.X86_64 || !refuses(arch.audit())) {
            return;
        }
        for (int number : SyscallTable.of(arch).ascending()) {
            Optional<SeccompData> through =
                    reach.find(arch.audit(), Filter.X32 | number, Audit::isLetThrough, List.of());
            if (through.isPresent()) {
                add(
                        Finding.Kind.X32,
                        "numbers from 0x40000000 on, which are x32's, are let through: "
                                + SyscallTable.of(arch).name(number).orElse(Integer.toString(number))
                                + " by another number",
                        Optional.of(text(through.get())));
                return;
            }
        }
    }

    private void tiocsti(Arch arch) {
        OptionalInt ioctl = SyscallTable.of(arch).number("ioctl");
        OptionalLong request = Constants.of(arch).value("TIOCSTI");
        if (ioctl.isEmpty() || request.isEmpty() || !refuses(arch.audit())) {
            return;
        }
        int low = (int) request.getAsLong();
        Optional<SeccompData> plain =
                reach.find(arch.audit(), ioctl.getAsInt(), Audit::isLetThrough, List.of(new Reach.Given(1, low, true)));
        Optional<SeccompData> high = reach.find(
                arch.audit(), ioctl.getAsInt(), Audit::isLetThrough, List.of(new Reach.Given(1, low, false)));
        if (plain.isPresent()) {
            add(
                    Finding.Kind.TIOCSTI,
                    "ioctl TIOCSTI is let through, with which a program types into its terminal for its caller",
                    Optional.of(text(plain.get())));
        } else if (arch.is64Bit() && high.isPresent()) {
            add(
                    Finding.Kind.TIOCSTI,
                    "ioctl TIOCSTI is refused, but let through with bits above its 32, which the kernel does not look at",
                    Optional.of(text(high.get())));
        }
    }

    private void multiplexers(Arch arch) {
        for (String name : List.of("socketcall", "ipc")) {
            OptionalInt number = SyscallTable.of(arch).number(name);
            if (number.isEmpty() || !refuses(arch.audit())) {
                continue;
            }
            Optional<SeccompData> through = reach.find(arch.audit(), number.getAsInt(), Audit::isLetThrough, List.of());
            if (through.isPresent()) {
                add(
                        Finding.Kind.MULTIPLEXER,
                        name + " of " + arch.label() + " is let through: it makes "
                                + (name.equals("ipc") ? "shmget, msgsnd and others" : "socket, connect and others")
                                + ", whose arguments lie in memory where no filter sees them",
                        Optional.of(arch.label() + ": " + text(through.get())));
            }
        }
    }

    private void comparisons(Filter.Section section) {
        Arch arch = section.arch();
        List<String> said = new ArrayList<>();
        for (Rule rule : section.rules()) {
            Optional<String> name = SyscallTable.of(arch).name(rule.number());
            List<Parameter> parameters = name.flatMap(call -> Signature.of(arch, call))
                    .map(Signature::parameters)
                    .orElse(List.of());
            for (Condition condition : rule.conditions()) {
                if (!arch.is64Bit() || condition.argument() >= parameters.size()) {
                    continue;
                }
                Parameter parameter = parameters.get(condition.argument());
                Width width = parameter.width();
                String what = name.orElse("") + "'s " + parameter.name();
                if (said.contains(what)) {
                    continue;
                }
                if (condition.word() && !width.isWord() && condition.mask() >>> 32 != 0) {
                    said.add(what);
                    wide(arch, rule, condition, what);
                } else if (!condition.word() && width.isWord() && condition.mask() == LOW) {
                    said.add(what);
                    narrow(arch, rule, condition, what);
                }
            }
        }
    }

    private void wide(Arch arch, Rule rule, Condition condition, String what) {
        Optional<SeccompData> met = meeting(arch, rule, 1L << 32, condition.argument());
        Optional<SeccompData> hole = Optional.empty();
        for (Value value : condition.values()) {
            if (met.isPresent() && value instanceof Value.Constant(long number)) {
                SeccompData plain = with(met.get(), condition.argument(), number & LOW);
                SeccompData high = with(met.get(), condition.argument(), number & LOW | 1L << 32);
                hole = !isLetThrough(run(plain)) && isLetThrough(run(high)) ? Optional.of(high) : hole;
            }
        }
        add(
                hole.isPresent() ? Finding.Kind.WIDE_COMPARISON : Finding.Kind.STRICT_COMPARISON,
                what + " is compared in 64 bits, of which the kernel looks at 32: "
                        + (hole.isPresent()
                                ? "what is refused is let through with bits above them"
                                : "a program may have anything above them, and is then answered otherwise"),
                hole.or(() -> met).map(Audit::text));
    }

    private static SeccompData with(SeccompData call, int argument, long value) {
        long[] args = new long[SeccompData.ARGUMENTS];
        for (int i = 0; i < args.length; i++) {
            args[i] = i == argument ? value : call.arg(i);
        }
        return SeccompData.of(call.nr(), call.arch(), args);
    }

    private void narrow(Arch arch, Rule rule, Condition condition, String what) {
        Optional<SeccompData> high = meeting(arch, rule, 1L << 32, condition.argument());
        add(
                Finding.Kind.NARROW_COMPARISON,
                what + " is compared in its low 32 bits, and the kernel looks at 64: "
                        + "values that are greater by 2^32 are answered alike",
                high.map(Audit::text));
    }

    private Action run(SeccompData call) {
        Arch arch = ProgramFile.known(call.arch()).orElse(Arch.host());
        return Action.of(interpreter.run(call, arch.order()).value());
    }

    /** A call that meets a rule's conditions, but for bits that are added to one argument. */
    private static Optional<SeccompData> meeting(Arch arch, Rule rule, long added, int argument) {
        long[] args = new long[SeccompData.ARGUMENTS];
        for (Condition condition : rule.conditions()) {
            if (!(condition.values().getFirst() instanceof Value.Constant(long value))) {
                return Optional.empty();
            }
            long bit = Long.lowestOneBit(condition.mask());
            long chosen = switch (condition.op()) {
                case EQ, IN, GE, LE -> value;
                case LT -> value - bit;
                case GT -> value + bit;
                case NE -> value ^ bit;
            };
            args[condition.argument()] |= chosen;
        }
        args[argument] |= added;
        return Optional.of(SeccompData.of(rule.number(), arch.audit(), args));
    }

    private void errnoZero(Filter.Section section) {
        Arch arch = section.arch();
        Predicate<Action> zero = action -> action instanceof Action.Errno(int number) && number == 0;
        for (int number : SyscallTable.of(arch).ascending()) {
            Optional<SeccompData> call = reach.find(arch.audit(), number, zero, List.of());
            if (call.isPresent()) {
                add(
                        Finding.Kind.ERRNO_ZERO,
                        "a call is not made and seems to have succeeded (errno 0)",
                        Optional.of(text(call.get())));
                return;
            }
        }
    }

    private void unknownNumbers(Arch arch) {
        Action enosys = new Action.Errno(Errno.number(arch, "ENOSYS").orElse(38));
        Action unknown = recovery.filter().unknown();
        List<String> calls = new ArrayList<>();
        for (String name : List.of("clone3", "openat2")) {
            OptionalInt number = SyscallTable.of(arch).number(name);
            Optional<Action> only = number.isEmpty() ? Optional.empty() : reach.only(arch.audit(), number.getAsInt());
            if (only.isPresent() && !isLetThrough(only.get()) && !only.get().equals(enosys)) {
                calls.add(name);
            }
        }
        boolean numbers = !isLetThrough(unknown) && !unknown.equals(enosys);
        if (numbers || !calls.isEmpty()) {
            SeccompData call = SeccompData.of(
                    numbers
                            ? SyscallTable.of(arch).highest() + 1
                            : SyscallTable.of(arch).number(calls.getFirst()).orElse(0),
                    arch.audit());
            add(
                    Finding.Kind.UNKNOWN_NUMBERS,
                    (numbers ? "numbers that " + arch.label() + " does not know yet" : "")
                            + (numbers && !calls.isEmpty() ? ", and " : "")
                            + String.join(" and ", calls)
                            + (numbers || calls.size() > 1 ? " do" : " does")
                            + " not fail with ENOSYS but get " + FilterText.of(run(call), arch)
                            + ", so that libraries do not fall back to calls that are older",
                    Optional.of(text(call)));
        }
    }

    private void remembered(Arch arch) {
        List<String> names = new ArrayList<>();
        for (int number : SyscallTable.of(arch).ascending()) {
            if (reach.only(arch.audit(), number).equals(Optional.of(Action.ALLOW))
                    && !ActionCache.allows(program, arch.audit(), number)) {
                names.add(SyscallTable.of(arch).name(number).orElse(Integer.toString(number)));
            }
        }
        if (!names.isEmpty()) {
            add(
                    Finding.Kind.NOT_REMEMBERED,
                    "calls that are allowed whatever their arguments execute the program each time, as it looks at more"
                            + " than their number first: " + list(names),
                    Optional.empty());
        }
    }
}
