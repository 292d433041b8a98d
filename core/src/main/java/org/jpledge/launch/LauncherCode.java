package org.jpledge.launch;

import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Emitter.word;
import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S3;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.SP;
import static org.jpledge.machine.Reg.T0;

import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/**
 * The launcher's own thread: the plan's steps, a helper process, the loader's filter, and execve.
 *
 * <p>Register S4 keeps the stack pointer of the first instruction (argc, argv, envp), S3 the environment.
 */
final class LauncherCode {
    static final String STAYS_IN_LOADERS_SANDBOX =
            ": the program stays in its loader's sandbox, which is wider (--strict refuses this)";

    private static final int CANNOT_EXECUTE = 126;
    private static final int NOT_FOUND = 127;

    /** Where the stack of a new program has its first argument: above their number. */
    private static final int ARGV = 8;

    private static final int ENTRY_END = 1;

    private static final int CLONE_VM = 0x100;
    private static final int CLONE_VFORK = 0x4000;
    private static final int CLONE_PARENT_SETTID = 0x100000;
    private static final int CLONE_CHILD_CLEARTID = 0x200000;
    private static final int WALL = 0x40000000;
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;
    private static final int SIGTRAP = 5;
    private static final int SIG_IGN = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int PR_GET_CHILD_SUBREAPER = 37;
    private static final int SIG_SETMASK = 2;
    private static final int PR_SET_PTRACER = 0x59616d61;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;

    private final Emitter out;
    private final Assembler asm;
    private final LaunchPlan plan;
    private final FilterPlaces filters;
    private final LauncherExit exit;
    private final RulesetCode rulesets;
    private final UnpackingCode unpacking;
    private final Label spread;

    LauncherCode(Emitter out, LaunchPlan plan, FilterPlaces filters, RuleTable rules) {
        this.out = out;
        this.asm = out.asm;
        this.plan = plan;
        this.filters = filters;
        this.exit = new LauncherExit(out);
        this.rulesets = new RulesetCode(out, rules, exit);
        this.unpacking = new UnpackingCode(out);
        this.spread = asm.label();
    }

    void emit(Label helper) {
        asm.move(S4, SP);
        asm.set(S5, out.address(0));
        findEnvironment();
        boolean made = false;
        for (Step step : plan.steps()) {
            // As who and where the caller is, but with no more descriptors than need be.
            if (!made && !(step instanceof Step.CloseDescriptors)) {
                rulesets.make();
                made = true;
            }
            switch (step) {
                case Step.CloseDescriptors(var kept) -> {
                    for (DescriptorRange range : DescriptorRange.outside(withSocket(kept))) {
                        out.call("close_range", imm(range.first()), imm(range.last()), imm(0));
                        exit.ifFailed("close_range");
                    }
                }
                case Step.Limit(int resource, long value) -> {
                    out.put(Memory.LIMIT, value);
                    out.put(Memory.LIMIT + 8, value);
                    out.call("prlimit64", imm(0), imm(resource), out.memory(Memory.LIMIT), imm(0));
                    exit.ifFailed("setrlimit");
                }
                case Step.Directory(byte[] path) -> {
                    out.call("chdir", at(out.bytes(terminated(path))));
                    exit.ifFailed("chdir");
                }
                case Step.Identity(int uid, int gid) -> identity(uid, gid);
                case Step.PassedEnvironment _ -> passedEnvironment();
                case Step.Environment environment -> environment(environment);
            }
        }
        if (!made) {
            rulesets.make();
        }
        plan.confinement().supervision().ifPresent(supervision -> {
            out.call("fcntl", imm(supervision.socket()), imm(F_SETFD), imm(FD_CLOEXEC));
            exit.ifFailed("supervisor");
        });
        unpackFilters();
        credentials();
        out.put(Memory.NEW_MASK, -1);
        out.call("rt_sigprocmask", imm(SIG_SETMASK), out.memory(Memory.NEW_MASK), out.memory(Memory.OLD_MASK), imm(8));
        prepareBreakpoints();
        startHelper(helper);
        out.call("prctl", imm(PR_SET_NO_NEW_PRIVS), imm(1), imm(0), imm(0), imm(0));
        exit.ifFailed("no_new_privs");
        rulesets.restrict();
        int flags = plan.confinement().filterFlags();
        out.call("seccomp", imm(SECCOMP_SET_MODE_FILTER), imm(flags), imm(filters.loaderProgram()));
        exit.ifFailed("seccomp");
        out.call("rt_sigprocmask", imm(SIG_SETMASK), out.memory(Memory.OLD_MASK), imm(0), imm(8));
        execute();
    }

    /** What stays open in the launcher itself. */
    private SortedSet<Integer> withSocket(SortedSet<Integer> kept) {
        SortedSet<Integer> all = new TreeSet<>(kept);
        plan.confinement().supervision().ifPresent(supervision -> all.add(supervision.socket()));
        return all;
    }

    private void findEnvironment() {
        asm.load(Size.LONG, S3, S4, 0);
        asm.shiftLeft(S3, 3);
        asm.add(S3, S4);
        asm.add(S3, 16);
        // argv, and then the environment, are built below the stack, where calls may not reach.
        asm.move(S1, SP);
        asm.add(S1, -4096);
    }

    private void identity(int uid, int gid) {
        if (gid != -1 || uid != -1) {
            out.call("setgroups", imm(0), imm(0));
            exit.ifFailed("setgroups");
        }
        if (gid != -1) {
            out.call("setresgid", imm(gid), imm(gid), imm(gid));
            exit.ifFailed("setgid");
        }
        if (uid != -1) {
            out.call("setresuid", imm(uid), imm(uid), imm(uid));
            exit.ifFailed("setuid");
        }
        // A change of user makes a process untraceable, for its helper too, until it says otherwise.
        out.call("prctl", imm(PR_SET_DUMPABLE), imm(1), imm(0), imm(0), imm(0));
        exit.ifFailed("dumpable");
    }

    /** Splits the first argument where it is, and builds the list of its entries. */
    private void passedEnvironment() {
        Label missing = asm.label();
        Label there = asm.label();
        asm.load(Size.LONG, T0, S4, 0);
        asm.jumpIf(T0, Compare.LT, 2, missing);
        // Room first: count the entries, in bytes of their list.
        asm.load(Size.LONG, A0, S4, ARGV + 8);
        asm.set(S2, 8);
        Label count = asm.here();
        Label counted = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.EQ, 0, counted);
        asm.jumpIf(T0, Compare.NE, ENTRY_END, count);
        asm.add(S2, 8);
        asm.jump(count);
        asm.bind(counted);
        asm.subtract(S1, S2);
        asm.move(S3, S1);
        asm.move(A1, S1);
        asm.load(Size.LONG, A0, S4, ARGV + 8);
        asm.move(A2, A0);
        Label next = asm.here();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.EQ, 0, there);
        asm.jumpIf(T0, Compare.NE, ENTRY_END, next);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A0, -1, T0);
        asm.store(Size.LONG, A1, 0, A2);
        asm.add(A1, 8);
        asm.move(A2, A0);
        asm.jump(next);
        asm.bind(missing);
        asm.set(S2, -number("EINVAL"));
        exit.because("environment");
        asm.bind(there);
        asm.set(T0, 0);
        asm.store(Size.LONG, A1, 0, T0);
    }

    /** Copies the environment entries that no change names, then adds what is set. */
    private void environment(Step.Environment step) {
        List<byte[]> changes = step.changes();
        if (step.inherit()) {
            // Room first: count the inherited entries.
            asm.move(A0, S3);
            Label count = asm.here();
            asm.load(Size.LONG, T0, A0, 0);
            asm.add(A0, 8);
            asm.jumpIf(T0, Compare.NE, 0, count);
            asm.subtract(A0, S3);
            asm.subtract(S1, A0);
        }
        makeRoom(changes.size() + 1);
        asm.move(A1, S1);
        if (step.inherit()) {
            copyEnvironment(changes);
        }
        for (byte[] change : changes) {
            if (nameLength(change) < change.length) {
                asm.address(T0, out.bytes(terminated(change)));
                asm.store(Size.LONG, A1, 0, T0);
                asm.add(A1, 8);
            }
        }
        asm.set(T0, 0);
        asm.store(Size.LONG, A1, 0, T0);
        asm.move(S3, S1);
    }

    /** From the list at S3 to A1, which is left behind the last entry. */
    private void copyEnvironment(List<byte[]> changes) {
        Label next = asm.label();
        Label end = asm.label();
        asm.bind(next);
        asm.load(Size.LONG, S2, S3, 0);
        asm.add(S3, 8);
        asm.jumpIf(S2, Compare.EQ, 0, end);
        for (byte[] change : changes) {
            Label differs = asm.label();
            int length = nameLength(change);
            asm.move(A0, S2);
            for (int i = 0; i <= length; i++) {
                asm.load(Size.BYTE, T0, A0, i);
                asm.jumpIf(T0, Compare.NE, i < length ? change[i] & 0xff : '=', differs);
            }
            asm.jump(next);
            asm.bind(differs);
        }
        asm.store(Size.LONG, A1, 0, S2);
        asm.add(A1, 8);
        asm.jump(next);
        asm.bind(end);
    }

    /** Moves S1 down by so many pointers. */
    private void makeRoom(int pointers) {
        asm.set(T0, 8L * pointers);
        asm.subtract(S1, T0);
    }

    private static int nameLength(byte[] change) {
        for (int i = 0; i < change.length; i++) {
            if (change[i] == '=') {
                return i;
            }
        }
        return change.length;
    }

    /** First what was packed, behind all other memory; then each filter where it belongs. */
    private void unpackFilters() {
        asm.address(A1, out.bytes(Packing.pack(filters.columns())));
        asm.set(A2, out.address(Memory.SIZE));
        unpacking.unpack();
        asm.set(A1, out.address(Memory.SIZE));
        asm.set(A2, filters.instructions());
        asm.set(A3, filters.exactLength());
        asm.call(spread);
        asm.set(A3, filters.loaderLength());
        asm.call(spread);
    }

    /** Writes the process's own ids into the filters. */
    private void credentials() {
        out.call("getpid");
        asm.store(Size.WORD, S5, Memory.PID, RESULT);
        for (Credential credential : Credential.values()) {
            List<Long> places = filters.places(credential);
            if (places.isEmpty()) {
                continue;
            }
            out.call(
                    switch (credential) {
                        case PID -> "getpid";
                        case UID -> "geteuid";
                        case GID -> "getegid";
                    });
            asm.move(T0, RESULT);
            for (long place : places) {
                asm.set(A1, place);
                asm.store(Size.WORD, A1, 0, T0);
            }
        }
    }

    /**
     * A breakpoint whose SIGTRAP is blocked or ignored resets both in the kernel. So neither is while the helper is at
     * work, and the helper puts back what was.
     */
    private void prepareBreakpoints() {
        Label handled = asm.label();
        out.call("rt_sigaction", imm(SIGTRAP), imm(0), out.memory(Memory.ACTION), imm(8));
        asm.load(Size.LONG, T0, S5, Memory.ACTION);
        asm.jumpIf(T0, Compare.NE, SIG_IGN, handled);
        out.put(Memory.ACTION, 0);
        out.call("rt_sigaction", imm(SIGTRAP), out.memory(Memory.ACTION), imm(0), imm(8));
        out.put(Memory.ACTION, SIG_IGN);
        asm.bind(handled);
        asm.load(Size.LONG, T0, S5, Memory.OLD_MASK);
        asm.bits(A1, T0, SIGTRAP - 1, 1);
        asm.shiftLeft(A1, SIGTRAP - 1);
        asm.store(Size.LONG, S5, Memory.TRAP_MASK, A1);
        asm.subtract(T0, A1);
        asm.store(Size.LONG, S5, Memory.OLD_MASK, T0);
    }

    /** The helper is a grandchild, so that the program never has a child that it did not start. */
    private void startHelper(Label helper) {
        // Nor may it come back as an orphan, to a program that adopts them.
        Label plain = asm.label();
        Label adopting = asm.label();
        out.call("prctl", imm(PR_GET_CHILD_SUBREAPER), out.memory(Memory.SUBREAPER), imm(0), imm(0), imm(0));
        asm.load(Size.WORD, T0, S5, Memory.SUBREAPER);
        asm.jumpIf(T0, Compare.EQ, 0, plain);
        out.call("prctl", imm(PR_SET_CHILD_SUBREAPER), imm(0), imm(0), imm(0), imm(0));
        asm.bind(plain);
        Label goBetween = asm.label();
        Label made = asm.label();
        Label refused = asm.label();
        Label attached = asm.label();
        Label wait = asm.label();
        clone(CLONE_VM | CLONE_VFORK, Memory.GO_BETWEEN_STACK, 0);
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.LT, 0, refused);
        asm.jumpIf(S2, Compare.EQ, 0, goBetween);
        out.call("wait4", in(S2), out.memory(Memory.STATUS), imm(WALL), imm(0));
        exit.ifFailed("wait");
        asm.load(Size.WORD, T0, S5, Memory.SUBREAPER);
        asm.jumpIf(T0, Compare.EQ, 0, adopting);
        out.call("prctl", imm(PR_SET_CHILD_SUBREAPER), imm(1), imm(0), imm(0), imm(0));
        asm.bind(adopting);
        asm.load(Size.WORD, S2, S5, Memory.STATUS);
        asm.jumpIf(S2, Compare.EQ, 0, made);
        asm.bits(A0, S2, 8, 8);
        asm.set(S2, 0);
        asm.subtract(S2, A0);
        asm.jump(refused);

        asm.bind(goBetween);
        out.putWord(Memory.READY, HelperCode.PENDING);
        clone(CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, Memory.HELPER_STACK, Memory.READY);
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.EQ, 0, helper);
        asm.set(A0, 0);
        Label ended = asm.label();
        asm.jumpIf(S2, Compare.GE, 0, ended);
        asm.subtract(A0, S2);
        asm.bind(ended);
        asm.syscall(out.target.call("exit"));

        asm.bind(made);
        // Yama lets only the named process trace this one; without Yama this is EINVAL, and nothing is needed.
        out.call("prctl", imm(PR_SET_PTRACER), word(Memory.HELPER), imm(0), imm(0), imm(0));
        out.putWord(Memory.GO, 1);
        out.call("futex", out.memory(Memory.GO), imm(FUTEX_WAKE), imm(1), imm(0));
        asm.bind(wait);
        asm.load(Size.WORD, S2, S5, Memory.READY);
        asm.jumpIf(S2, Compare.EQ, HelperCode.ATTACHED, attached);
        Label notYet = asm.label();
        asm.jumpIf(S2, Compare.EQ, HelperCode.PENDING, notYet);
        Label said = asm.label();
        asm.jumpIf(S2, Compare.NE, 0, said);
        asm.load(Size.WORD, S2, S5, Memory.STATUS);
        asm.bind(said);
        asm.set(T0, HelperCode.REFUSED);
        asm.subtract(T0, S2);
        asm.move(S2, T0);
        asm.jumpIf(S2, Compare.LT, 0, refused);
        // The helper died before it could say anything.
        asm.set(S2, -number("ESRCH"));
        exit.because("helper");
        asm.bind(notYet);
        out.call("futex", out.memory(Memory.READY), imm(FUTEX_WAIT), imm(HelperCode.PENDING), imm(0));
        asm.jump(wait);

        asm.bind(refused);
        Label forbidden = asm.label();
        for (String reason : List.of("EPERM", "EACCES", "ENOSYS")) {
            asm.jumpIf(S2, Compare.EQ, -number(reason), forbidden);
        }
        exit.because("helper");
        asm.bind(forbidden);
        if (plan.confinement().supervision().isPresent()) {
            exit.because("ptrace, without which nothing can be reported");
        } else if (plan.confinement().strict()) {
            exit.because("ptrace");
        } else {
            out.report("ptrace", S2, STAYS_IN_LOADERS_SANDBOX);
            rulesets.forgetExact();
        }
        asm.bind(attached);
    }

    private void clone(int flags, int stack, int childTid) {
        Emitter.Operand tid = childTid < 0 ? imm(0) : out.memory(childTid);
        boolean tlsLast = out.target.arch() == Arch.X86_64;
        out.call(
                "clone",
                imm(flags),
                out.memory(stack),
                out.memory(Memory.HELPER),
                tlsLast ? tid : imm(0),
                tlsLast ? imm(0) : tid);
    }

    /** argv is what the plan has, then all but the first of the launcher's own. */
    private void execute() {
        List<byte[]> leading = plan.arguments();
        asm.load(Size.LONG, A0, S4, 0);
        asm.shiftLeft(A0, 3);
        asm.subtract(S1, A0);
        makeRoom(leading.size() + 1);
        asm.move(A1, S1);
        for (byte[] argument : leading) {
            asm.address(T0, out.bytes(terminated(argument)));
            asm.store(Size.LONG, A1, 0, T0);
            asm.add(A1, 8);
        }
        // The NULL behind the launcher's arguments is copied with them. Before Linux 5.18 there could be no argument.
        asm.move(A2, S4);
        asm.add(A2, ARGV + 8 + (passesEnvironment() ? 8 : 0));
        Label copy = asm.here();
        Label copied = asm.label();
        asm.load(Size.LONG, T0, S4, 0);
        asm.jumpIf(T0, Compare.EQ, 0, copied);
        asm.load(Size.LONG, T0, A2, 0);
        asm.store(Size.LONG, A1, 0, T0);
        asm.add(A1, 8);
        asm.add(A2, 8);
        asm.jumpIf(T0, Compare.NE, 0, copy);
        asm.bind(copied);
        asm.set(T0, 0);
        asm.store(Size.LONG, A1, 0, T0);
        Label path = out.bytes(terminated(plan.program()));
        out.call("execve", at(path), in(S1), in(S3));
        asm.move(S2, RESULT);
        asm.address(A2, path);
        asm.address(A4, out.text(""));
        out.reportNamed(S2);
        asm.set(A0, NOT_FOUND);
        Label missing = asm.label();
        asm.jumpIf(S2, Compare.EQ, -number("ENOENT"), missing);
        asm.set(A0, CANNOT_EXECUTE);
        asm.bind(missing);
        asm.syscall(out.target.call("exit_group"));
        exit.emit();
        unpacking.spread(spread);
    }

    private boolean passesEnvironment() {
        for (Step step : plan.steps()) {
            if (step instanceof Step.PassedEnvironment) {
                return true;
            }
        }
        return false;
    }

    private int number(String errno) {
        return Errno.number(plan.arch(), errno).orElseThrow();
    }

    private static byte[] terminated(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length + 1);
    }
}
