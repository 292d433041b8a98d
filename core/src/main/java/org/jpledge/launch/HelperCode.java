package org.jpledge.launch;

import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Emitter.word;
import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S3;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/**
 * The helper: the process that traces the program from its execve to its entry point, has it take the exact filter upon
 * itself there, and goes.
 *
 * <p>Registers: S4 the program's process id, S0 the thread that a wait reported, S1 and S2 scratch of the current event.
 * The program dies when the helper dies (PTRACE_O_EXITKILL), whatever the reason.
 */
final class HelperCode {
    /** Values of {@link Memory#READY}: nothing yet, attached, or this plus the error number of the refusal. */
    static final int PENDING = 1;

    static final int ATTACHED = 2;
    static final int REFUSED = 0x1000;

    private static final int FAILED = 125;
    private static final int ESRCH = -3;
    private static final int BUSY = -16;
    private static final int WALL = 0x40000000;
    private static final int FUTEX_WAIT = 0;
    private static final long PATIENCE = 50_000_000;
    private static final int FUTEX_WAKE = 1;
    private static final int AT_FDCWD = -100;
    private static final int AT_ENTRY = 9;
    private static final int O_CLOEXEC = 0x80000;

    private static final int SIGTRAP = 5;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int SIGSYS = 31;

    private static final int PEEKDATA = 2;
    private static final int POKEDATA = 5;
    private static final int CONT = 7;
    private static final int DETACH = 17;
    private static final int SYSCALL = 24;
    private static final int GETEVENTMSG = 0x4201;
    private static final int GETREGSET = 0x4204;
    private static final int SETREGSET = 0x4205;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int LISTEN = 0x4208;
    private static final int GETSIGMASK = 0x420a;
    private static final int SETSIGMASK = 0x420b;
    private static final int NT_PRSTATUS = 1;

    private static final int EVENT_FORK = 1;
    private static final int EVENT_VFORK = 2;
    private static final int EVENT_CLONE = 3;
    private static final int EVENT_EXEC = 4;
    private static final int EVENT_STOP = 128;
    private static final int OPTIONS =
            1 << EVENT_FORK | 1 << EVENT_VFORK | 1 << EVENT_CLONE | 1 << EVENT_EXEC | 0x100000 /* EXITKILL */;

    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    /** How far below the program's stack pointer the filter is put: free there, and mapped (128 KiB are at execve). */
    private static final int BELOW_STACK = 0xa000;

    /** No call that the program makes on our behalf has more. */
    private static final int REMOTE_ARGUMENTS = 4;

    private static final int PHASE_LAUNCHER = 0;
    private static final int PHASE_LOADER = 1;

    private final Emitter out;
    private final Assembler asm;
    private final Confinement confinement;
    private final SortedSet<Integer> kept;
    private final boolean closes;
    private final FilterPlaces filters;
    private final String name;

    private final Label loop;
    private final Label continueQuietly;
    private final Label gone;
    private final Label kill;
    private final Label handOver;
    private final Label remote;
    private final Label hex;
    private final Label readProc;
    private final Label addThread;
    private final Label ended;
    private final Label fail;
    private final Label die;
    /** Out: how many seccomp filters the thread S0 has, or negative. */
    private final Label countFilters;

    private final Label registerSet;
    private final Label traceRequest;
    private final Label pokeEntry;

    HelperCode(Emitter out, LaunchPlan plan, FilterPlaces filters) {
        this.out = out;
        this.asm = out.asm;
        this.confinement = plan.confinement();
        this.filters = filters;
        this.name = new String(plan.arguments().getFirst(), StandardCharsets.UTF_8);
        SortedSet<Integer> named = new TreeSet<>();
        boolean closing = false;
        for (Step step : plan.steps()) {
            if (step instanceof Step.CloseDescriptors(var descriptors)) {
                named = descriptors;
                closing = true;
            }
        }
        this.kept = named;
        this.closes = closing;
        loop = asm.label();
        continueQuietly = asm.label();
        gone = asm.label();
        kill = asm.label();
        handOver = asm.label();
        remote = asm.label();
        hex = asm.label();
        readProc = asm.label();
        addThread = asm.label();
        ended = asm.label();
        fail = asm.label();
        die = asm.label();
        countFilters = asm.label();
        registerSet = asm.label();
        traceRequest = asm.label();
        pokeEntry = asm.label();
    }

    void emit(Label helper) {
        asm.bind(helper);
        attach();
        waitLoop();
        executed();
        entryPoint();
        ending();
        subroutines();
    }

    private void attach() {
        asm.load(Size.WORD, S4, S5, Memory.PID);
        // Out of the program's session and process group: the terminal's signals are not for the helper.
        out.call("setsid");
        Label wait = asm.here();
        Label go = asm.label();
        asm.load(Size.WORD, T0, S5, Memory.GO);
        asm.jumpIf(T0, Compare.NE, 0, go);
        // A launcher that is killed now wakes nobody: from time to time the helper looks whether it is still there.
        out.call("futex", out.memory(Memory.GO), imm(FUTEX_WAIT), imm(0), at(out.bytes(timespec(PATIENCE))));
        out.call("kill", in(S4), imm(0));
        out.jumpIfFailed(gone);
        asm.jump(wait);
        asm.bind(go);
        asm.store(Size.WORD, S5, Memory.THREADS, S4);
        out.putWord(Memory.COUNT, 1);
        out.call("ptrace", imm(SEIZE), in(S4), imm(0), imm(OPTIONS));
        asm.move(S1, RESULT);
        asm.set(S2, ATTACHED);
        Label told = asm.label();
        asm.jumpIf(S1, Compare.EQ, 0, told);
        asm.set(S2, REFUSED);
        asm.subtract(S2, S1);
        asm.bind(told);
        asm.store(Size.WORD, S5, Memory.READY, S2);
        out.call("futex", out.memory(Memory.READY), imm(FUTEX_WAKE), imm(1));
        asm.jumpIf(S1, Compare.NE, 0, gone);
        // Pipes must not stay open because of the helper. It keeps standard error, to say what went wrong.
        out.call("close_range", imm(0), imm(1), imm(0));
        out.call("close_range", imm(3), imm(0xffffffffL), imm(0));
        if (confinement.watched().isPresent()) {
            out.call("chdir", at(out.text("/")));
        }
    }

    private void waitLoop() {
        Label stopped = asm.label();
        Label signal = asm.label();
        Label stop = asm.label();
        Label exec = asm.label();
        Label process = asm.label();
        Label thread = asm.label();
        asm.bind(loop);
        out.call("wait4", imm(-1), out.memory(Memory.STATUS), imm(WALL), imm(0));
        out.jumpIfFailed(gone);
        asm.move(S0, RESULT);
        asm.load(Size.WORD, S1, S5, Memory.STATUS);
        asm.bits(T0, S1, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, stopped);
        asm.jumpIf(S0, Compare.NE, S4, loop);
        asm.jump(ended);

        asm.bind(stopped);
        asm.bits(S2, S1, 16, 8);
        asm.bits(S1, S1, 8, 8);
        asm.jumpIf(S2, Compare.EQ, 0, signal);
        asm.jumpIf(S2, Compare.EQ, EVENT_STOP, stop);
        asm.jumpIf(S2, Compare.EQ, EVENT_EXEC, exec);
        asm.jumpIf(S2, Compare.EQ, EVENT_CLONE, thread);
        asm.jumpIf(S2, Compare.LO, EVENT_CLONE, process);
        asm.bind(continueQuietly);
        trace(CONT, imm(0));
        asm.jump(loop);

        // A stop of the whole group (SIGSTOP, SIGTSTP…) lasts until SIGCONT; any other is ours or a new thread's first.
        asm.bind(stop);
        asm.jumpIf(S1, Compare.EQ, SIGTRAP, continueQuietly);
        trace(LISTEN, imm(0));
        asm.jump(loop);

        // A signal on its way to the program: delivered untouched, unless it is our breakpoint.
        asm.bind(signal);
        Label deliver = asm.label();
        asm.jumpIf(S1, Compare.NE, SIGTRAP, deliver);
        asm.load(Size.WORD, T0, S5, Memory.PHASE);
        asm.jumpIf(T0, Compare.NE, PHASE_LOADER, deliver);
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.jumpIf(T0, Compare.EQ, 0, deliver);
        registers(GETREGSET, Memory.SAVED);
        out.jumpIfFailed(gone);
        asm.load(Size.LONG, T0, S5, Memory.SAVED + out.target.pc());
        asm.add(T0, -out.target.afterBreakpoint());
        asm.load(Size.LONG, A1, S5, Memory.ENTRY);
        asm.jumpIf(T0, Compare.EQ, A1, handOver);
        asm.bind(deliver);
        trace(CONT, in(S1));
        asm.jump(loop);

        asm.bind(thread);
        asm.call(addThread);
        asm.jump(continueQuietly);

        asm.bind(process);
        eventMessage();
        out.call("kill", dword(Memory.MESSAGE), imm(SIGKILL));
        asm.jump(continueQuietly);

        asm.bind(exec);
        asm.load(Size.WORD, T0, S5, Memory.PHASE);
        Label first = asm.label();
        asm.jumpIf(T0, Compare.EQ, PHASE_LAUNCHER, first);
        if (!confinement.mayExecute()) {
            note("another program was executed before the entry point: killed");
            asm.jump(kill);
        }
        asm.bind(first);
    }

    /** An execve of the traced process, S0: all its other threads are gone. */
    private void executed() {
        asm.load(Size.WORD, S3, S5, Memory.PHASE);
        out.putWord(Memory.PHASE, PHASE_LOADER);
        out.putWord(Memory.COUNT, 1);
        asm.store(Size.WORD, S5, Memory.THREADS, S0);
        registers(GETREGSET, Memory.SAVED);
        out.jumpIfFailed(gone);
        Label here = asm.label();
        Label entryKnown = asm.label();
        confinement.dynamicLinker().ifPresent(linker -> {
            // Later programs get the exact filter from their first instruction on.
            asm.jumpIf(S3, Compare.NE, PHASE_LAUNCHER, here);
            runsIn(linker, here);
            findEntryPoint(here);
            asm.call(countFilters);
            out.jumpIfFailed(kill);
            asm.store(Size.WORD, S5, Memory.FILTERS, RESULT);
            asm.jump(entryKnown);
        });
        // Still inside execve, whose return would overwrite a register: so a breakpoint here too.
        asm.bind(here);
        asm.load(Size.LONG, T0, S5, Memory.SAVED + out.target.pc());
        asm.store(Size.LONG, S5, Memory.ENTRY, T0);
        asm.bind(entryKnown);
        insertBreakpoint();
        asm.jump(continueQuietly);
    }

    /** Goes on if the kernel says that the instruction pointer is in this file, and to {@code otherwise} if not. */
    private void runsIn(byte[] file, Label otherwise) {
        Label line = asm.label();
        Label skip = asm.label();
        Label path = asm.label();
        Label compare = asm.label();
        Label yes = asm.label();
        asm.address(A2, out.text("/maps"));
        asm.call(readProc);
        out.jumpIfFailed(otherwise);
        asm.load(Size.LONG, S3, S5, Memory.SAVED + out.target.pc());
        asm.set(A0, out.address(Memory.TEXT));
        asm.bind(line);
        asm.call(hex);
        asm.move(A3, A1);
        asm.call(hex);
        asm.jumpIf(S3, Compare.LO, A3, skip);
        asm.jumpIf(S3, Compare.LO, A1, path);
        asm.bind(skip);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.EQ, '\n', line);
        asm.jumpIf(T0, Compare.NE, 0, skip);
        asm.jump(otherwise);

        asm.bind(path);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.LO, ' ', otherwise);
        asm.address(A1, out.bytes(Arrays.copyOf(file, file.length + 1)));
        asm.jumpIf(T0, Compare.EQ, '/', compare);
        asm.add(A0, 1);
        asm.jump(path);
        asm.bind(compare);
        Label last = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.load(Size.BYTE, A2, A1, 0);
        asm.add(A0, 1);
        asm.add(A1, 1);
        asm.jumpIf(A2, Compare.EQ, 0, last);
        asm.jumpIf(A2, Compare.EQ, T0, compare);
        asm.jump(otherwise);
        asm.bind(last);
        asm.jumpIf(T0, Compare.EQ, '\n', yes);
        asm.jump(otherwise);
        asm.bind(yes);
    }

    private void findEntryPoint(Label otherwise) {
        asm.address(A2, out.text("/auxv"));
        asm.call(readProc);
        out.jumpIfFailed(otherwise);
        asm.set(A0, out.address(Memory.TEXT));
        Label found = asm.label();
        Label pair = asm.here();
        asm.load(Size.LONG, T0, A0, 0);
        asm.load(Size.LONG, A1, A0, 8);
        asm.add(A0, 16);
        asm.jumpIf(T0, Compare.EQ, AT_ENTRY, found);
        asm.jumpIf(T0, Compare.NE, 0, pair);
        asm.jump(otherwise);
        asm.bind(found);
        asm.store(Size.LONG, S5, Memory.ENTRY, A1);
    }

    private void insertBreakpoint() {
        Label readable = asm.label();
        out.call("ptrace", imm(PEEKDATA), in(S0), dword(Memory.ENTRY), out.memory(Memory.WORD));
        asm.jumpIf(RESULT, Compare.GE, 0, readable);
        if (confinement.strict()) {
            die("entry point");
        } else {
            asm.move(S2, RESULT);
            // A program that may be executed but not read: not even its tracer may look into it.
            asm.move(S1, S0);
            out.report("entry point", S2, LauncherCode.STAYS_IN_LOADERS_SANDBOX);
            asm.move(S0, S1);
            trace(DETACH, imm(0));
            asm.jump(gone);
        }
        asm.bind(readable);
        byte[] breakpoint = out.target.breakpoint();
        asm.load(Size.LONG, T0, S5, Memory.WORD);
        asm.store(Size.LONG, S5, Memory.STUB, T0);
        for (int i = 0; i < breakpoint.length; i++) {
            asm.set(T0, breakpoint[i] & 0xff);
            asm.store(Size.BYTE, S5, Memory.STUB + i, T0);
        }
        poke(Memory.STUB);
        dieIfFailed("breakpoint");
    }

    /** Thread S0 is at the entry point, {@link Memory#SAVED} has its registers, {@link Memory#WORD} its instructions. */
    private void entryPoint() {
        asm.bind(handOver);
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.store(Size.LONG, S5, Memory.SAVED + out.target.pc(), T0);
        stopOtherThreads();
        checkFilters();
        // No signal may come between the calls to come.
        out.call("ptrace", imm(GETSIGMASK), in(S0), imm(8), out.memory(Memory.OLD_MASK));
        dieIfFailed("signal mask");
        out.put(Memory.NEW_MASK, -1);
        out.call("ptrace", imm(SETSIGMASK), in(S0), imm(8), out.memory(Memory.NEW_MASK));
        dieIfFailed("signal mask");
        out.put(Memory.STUB, out.target.callInstruction());
        poke(Memory.STUB);
        dieIfFailed("entry point");
        if (closes) {
            for (DescriptorRange range : DescriptorRange.outside(kept)) {
                inProgram("close_range", imm(range.first()), imm(range.last()), imm(0));
                dieIfFailed("close_range");
            }
        }
        restoreTrapAction();
        installFilter();
        poke(Memory.WORD);
        dieIfFailed("entry point");
        registers(SETREGSET, Memory.SAVED);
        dieIfFailed("registers");
        asm.load(Size.LONG, T0, S5, Memory.OLD_MASK);
        asm.load(Size.LONG, A1, S5, Memory.TRAP_MASK);
        asm.or(T0, A1);
        asm.store(Size.LONG, S5, Memory.OLD_MASK, T0);
        out.call("ptrace", imm(SETSIGMASK), in(S0), imm(8), out.memory(Memory.OLD_MASK));
        dieIfFailed("signal mask");
        if (confinement.watched().isPresent()) {
            out.call("pidfd_open", in(S4), imm(0));
            asm.store(Size.WORD, S5, Memory.POLL, RESULT);
        }
        letGo();
        confinement.watched().ifPresent(this::watch);
        asm.bind(gone);
        out.call("exit_group", imm(0));
    }

    /** If the caller ignored SIGTRAP, so does the program. */
    private void restoreTrapAction() {
        Label plain = asm.label();
        asm.load(Size.LONG, T0, S5, Memory.ACTION);
        asm.jumpIf(T0, Compare.NE, 1 /* SIG_IGN */, plain);
        belowStack();
        asm.set(A1, out.address(Memory.ACTION));
        copyToProgram(32);
        inProgram("rt_sigaction", imm(SIGTRAP), dword(Memory.REMOTE), imm(0), imm(8));
        dieIfFailed("signal action");
        asm.bind(plain);
    }

    /**
     * A filter that came before the entry point could answer every call that follows with success, and skip it. So
     * there must not be one more than at execve. (Where no code has run yet, nothing was counted.)
     */
    private void checkFilters() {
        Label untouched = asm.label();
        asm.load(Size.WORD, T0, S5, Memory.FILTERS);
        asm.jumpIf(T0, Compare.EQ, 0, untouched);
        asm.call(countFilters);
        asm.load(Size.WORD, T0, S5, Memory.FILTERS);
        asm.jumpIf(RESULT, Compare.EQ, T0, untouched);
        note("a seccomp filter was installed before the entry point: killed");
        asm.jump(kill);
        asm.bind(untouched);
    }

    private void installFilter() {
        belowStack();
        asm.move(T0, S1);
        asm.add(T0, FilterPlaces.HEADER);
        asm.set(A1, filters.exactProgram());
        asm.store(Size.LONG, A1, 8, T0);
        copyToProgram(filters.exactSize());
        inProgram("seccomp", imm(SECCOMP_SET_MODE_FILTER), imm(SECCOMP_FILTER_FLAG_TSYNC), dword(Memory.REMOTE));
        Label installed = asm.label();
        asm.jumpIf(RESULT, Compare.EQ, 0, installed);
        // A positive number is a thread that could not be synchronized.
        Label error = asm.label();
        asm.jumpIf(RESULT, Compare.LT, 0, error);
        asm.set(RESULT, BUSY);
        asm.bind(error);
        die("seccomp");
        asm.bind(installed);
    }

    /** Leaves an address in S1 that is free and mapped in the program. */
    private void belowStack() {
        asm.load(Size.LONG, S1, S5, Memory.SAVED + out.target.sp());
        asm.set(T0, BELOW_STACK);
        asm.subtract(S1, T0);
        asm.bits(T0, S1, 0, 4);
        asm.subtract(S1, T0);
    }

    /** From A1 here to S1 there; both addresses stay in LOCAL and REMOTE. */
    private void copyToProgram(int bytes) {
        asm.store(Size.LONG, S5, Memory.REMOTE, S1);
        asm.store(Size.LONG, S5, Memory.LOCAL, A1);
        out.put(Memory.LOCAL + 8, bytes);
        out.put(Memory.REMOTE + 8, bytes);
        out.call(
                "process_vm_writev",
                in(S0),
                out.memory(Memory.LOCAL),
                imm(1),
                out.memory(Memory.REMOTE),
                imm(1),
                imm(0));
        dieIfFailed("filter");
    }

    /** The thread at the entry point makes a call; its result is in RESULT. */
    private void inProgram(String call, Emitter.Operand... operands) {
        asm.set(A1, out.target.call(call));
        for (int i = 0; i < operands.length; i++) {
            switch (operands[i]) {
                case Emitter.Constant(long value) -> asm.set(T0, value);
                case Emitter.Doubleword(int offset) -> asm.load(Size.LONG, T0, S5, offset);
                default -> throw new IllegalArgumentException("only constants and memory");
            }
            asm.store(Size.LONG, S5, Memory.LINE + 8 * i, T0);
        }
        asm.call(remote);
    }

    private void stopOtherThreads() {
        Label next = asm.label();
        Label forget = asm.label();
        Label done = asm.label();
        Label halted = asm.label();
        Label plain = asm.label();
        Label process = asm.label();
        asm.set(S3, out.address(Memory.THREADS));
        asm.bind(next);
        asm.load(Size.WORD, T0, S5, Memory.COUNT);
        asm.shiftLeft(T0, 2);
        asm.set(A1, out.address(Memory.THREADS));
        asm.add(T0, A1);
        asm.jumpIf(S3, Compare.HS, T0, done);
        asm.add(S3, 4);
        asm.load(Size.WORD, S1, S3, -4);
        asm.jumpIf(S1, Compare.EQ, S0, next);
        out.call("ptrace", imm(INTERRUPT), in(S1), imm(0), imm(0));
        out.jumpIfFailed(forget);
        out.call("wait4", in(S1), out.memory(Memory.STATUS), imm(WALL), imm(0));
        out.jumpIfFailed(forget);
        asm.load(Size.WORD, S2, S5, Memory.STATUS);
        asm.bits(T0, S2, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, halted);
        asm.bind(forget);
        asm.set(T0, 0);
        asm.store(Size.WORD, S3, -4, T0);
        asm.jump(next);
        asm.bind(halted);
        asm.bits(T0, S2, 16, 8);
        asm.jumpIf(T0, Compare.EQ, 0, plain);
        asm.jumpIf(T0, Compare.EQ, EVENT_EXEC, kill);
        asm.jumpIf(T0, Compare.EQ, EVENT_STOP, next);
        // It had just started something itself: S0 of the event is S1 here.
        asm.store(Size.WORD, S5, Memory.CURRENT, S0);
        asm.move(S0, S1);
        asm.jumpIf(T0, Compare.LO, EVENT_CLONE, process);
        asm.call(addThread);
        asm.load(Size.WORD, S0, S5, Memory.CURRENT);
        asm.jump(next);
        asm.bind(process);
        eventMessage();
        out.call("kill", dword(Memory.MESSAGE), imm(SIGKILL));
        asm.load(Size.WORD, S0, S5, Memory.CURRENT);
        asm.jump(next);
        // A signal was on its way: it is delivered when the thread is let go.
        asm.bind(plain);
        asm.bits(T0, S2, 8, 8);
        asm.store(Size.WORD, S3, Memory.SIGNALS - Memory.THREADS - 4, T0);
        asm.jump(next);
        asm.bind(done);
    }

    private void letGo() {
        Label next = asm.label();
        Label done = asm.label();
        asm.set(S3, out.address(Memory.THREADS));
        asm.bind(next);
        asm.load(Size.WORD, T0, S5, Memory.COUNT);
        asm.shiftLeft(T0, 2);
        asm.set(A1, out.address(Memory.THREADS));
        asm.add(T0, A1);
        asm.jumpIf(S3, Compare.HS, T0, done);
        asm.load(Size.WORD, S1, S3, 0);
        asm.load(Size.WORD, S2, S3, Memory.SIGNALS - Memory.THREADS);
        asm.add(S3, 4);
        asm.jumpIf(S1, Compare.EQ, 0, next);
        out.call("ptrace", imm(DETACH), in(S1), imm(0), in(S2));
        asm.jump(next);
        asm.bind(done);
    }

    /** Waits for the program's end and says so if it was SIGSYS. */
    private void watch(String words) {
        Label look = asm.label();
        Label reaped = asm.label();
        Label judge = asm.label();
        out.putWord(Memory.POLL + 4, 1);
        asm.bind(look);
        out.call("ppoll", out.memory(Memory.POLL), imm(1), imm(0), imm(0), imm(0));
        out.jumpIfFailed(gone);
        // The last word of /proc/PID/stat is the exit code, while nobody has waited for the process.
        asm.move(S0, S4);
        asm.address(A2, out.text("/stat"));
        asm.call(readProc);
        out.jumpIfFailed(reaped);
        asm.set(A0, out.address(Memory.TEXT));
        asm.set(A1, 0);
        Label digit = asm.here();
        Label space = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.LO, ' ' + 1, space);
        asm.add(T0, -'0');
        timesTen();
        asm.jump(digit);
        asm.bind(space);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, judge);
        asm.set(A1, 0);
        asm.jump(digit);

        // Somebody has: since Linux 6.15 the pidfd still knows.
        asm.bind(reaped);
        out.put(Memory.TEXT, 8); // PIDFD_INFO_EXIT
        out.call("ioctl", word(Memory.POLL), imm(0xc040ff0bL), out.memory(Memory.TEXT));
        out.jumpIfFailed(gone);
        asm.load(Size.WORD, A1, S5, Memory.TEXT + 60);
        asm.bind(judge);
        asm.bits(A1, A1, 0, 7);
        asm.jumpIf(A1, Compare.NE, SIGSYS, gone);
        note(words);
    }

    private void ending() {
        asm.bind(ended);
        confinement.watched().ifPresent(words -> {
            asm.bits(T0, S1, 0, 7);
            asm.jumpIf(T0, Compare.NE, SIGSYS, gone);
            note(words);
        });
        asm.jump(gone);

        // It could not be confined: the program itself makes the call that ends it. If even that fails, it is killed.
        asm.bind(fail);
        asm.load(Size.WORD, T0, S5, Memory.FAILING);
        asm.jumpIf(T0, Compare.NE, 0, kill);
        out.putWord(Memory.FAILING, 1);
        out.put(Memory.STUB, out.target.callInstruction());
        poke(Memory.STUB);
        inProgram("exit_group", imm(FAILED));

        // The program dies with the helper.
        asm.bind(kill);
        out.call("kill", in(S4), imm(SIGKILL));
        asm.jump(gone);
    }

    private void note(String words) {
        byte[] line = ("pledge: " + name + ": " + words + "\n").getBytes(StandardCharsets.UTF_8);
        out.call("write", imm(2), at(out.bytes(line)), imm(line.length));
    }

    private void subroutines() {
        eventThread();
        remoteCall();
        hexadecimal();
        readProcFile();
        countFiltersSubroutine();
        registerSetSubroutine();
        traceSubroutine();
        pokeSubroutine();
        dying();
    }

    /** The thread that S0 has just started: of this process, or else it is killed. */
    private void eventThread() {
        Label foreign = asm.label();
        asm.bind(addThread);
        asm.enter();
        eventMessage();
        out.call("tgkill", in(S4), dword(Memory.MESSAGE), imm(0));
        out.jumpIfFailed(foreign);
        asm.load(Size.WORD, T0, S5, Memory.COUNT);
        asm.jumpIf(T0, Compare.HS, Memory.MAX_THREADS, kill);
        asm.move(A1, T0);
        asm.shiftLeft(A1, 2);
        asm.add(A1, S5);
        asm.load(Size.WORD, A2, S5, Memory.MESSAGE);
        asm.store(Size.WORD, A1, Memory.THREADS, A2);
        asm.add(T0, 1);
        asm.store(Size.WORD, S5, Memory.COUNT, T0);
        asm.leave();
        asm.bind(foreign);
        out.call("kill", dword(Memory.MESSAGE), imm(SIGKILL));
        asm.leave();
    }

    /** In: the number in WORK, arguments in LINE. Out: the result in RESULT. Registers else as in SAVED. */
    private void remoteCall() {
        Label wait = asm.label();
        Label stopped = asm.label();
        Label listen = asm.label();
        Label other = asm.label();
        Label resume = asm.label();
        Label done = asm.label();
        asm.bind(remote);
        asm.enter();
        asm.set(A2, out.address(Memory.SAVED));
        asm.set(A3, out.address(Memory.SAVED) + out.target.registers());
        Label copy = asm.here();
        asm.load(Size.LONG, T0, A2, 0);
        asm.store(Size.LONG, A2, Memory.WORK - Memory.SAVED, T0);
        asm.add(A2, 8);
        asm.jumpIf(A2, Compare.LO, A3, copy);
        asm.store(Size.LONG, S5, Memory.WORK + out.target.number(), A1);
        int[] arguments = out.target.arguments();
        for (int i = 0; i < REMOTE_ARGUMENTS; i++) {
            asm.load(Size.LONG, T0, S5, Memory.LINE + 8 * i);
            asm.store(Size.LONG, S5, Memory.WORK + arguments[i], T0);
        }
        registers(SETREGSET, Memory.WORK);
        dieIfFailed("registers");
        // One stop before the call, one after it. A breakpoint instead of the second would reset an ignored SIGTRAP.
        asm.set(S2, 2);
        asm.bind(resume);
        trace(SYSCALL, imm(0));
        asm.bind(wait);
        out.call("wait4", in(S0), out.memory(Memory.STATUS), imm(WALL), imm(0));
        out.jumpIfFailed(gone);
        asm.load(Size.WORD, S1, S5, Memory.STATUS);
        asm.bits(T0, S1, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, stopped);
        asm.jump(ended);
        asm.bind(stopped);
        asm.bits(T0, S1, 16, 8);
        asm.bits(S1, S1, 8, 8);
        asm.jumpIf(T0, Compare.EQ, EVENT_STOP, listen);
        asm.jumpIf(T0, Compare.NE, 0, kill);
        asm.jumpIf(S1, Compare.NE, SIGTRAP, other);
        asm.add(S2, -1);
        asm.jumpIf(S2, Compare.NE, 0, resume);
        asm.jump(done);
        // The one signal that a mask does not keep away: it stops the program, and the call goes on after SIGCONT.
        asm.bind(other);
        asm.jumpIf(S1, Compare.NE, SIGSTOP, kill);
        trace(SYSCALL, in(S1));
        asm.jump(wait);
        asm.bind(listen);
        asm.jumpIf(S1, Compare.EQ, SIGTRAP, resume);
        trace(LISTEN, imm(0));
        asm.jump(wait);
        asm.bind(done);
        registers(GETREGSET, Memory.WORK);
        dieIfFailed("registers");
        asm.load(Size.LONG, RESULT, S5, Memory.WORK + out.target.result());
        asm.leave();
    }

    /** In: A0 text. Out: A1 value, A0 behind the character that ended it. */
    private void countFiltersSubroutine() {
        byte[] field = "Seccomp_filters:\t".getBytes(StandardCharsets.US_ASCII);
        Label missing = asm.label();
        Label search = asm.label();
        Label digit = asm.label();
        Label end = asm.label();
        asm.bind(countFilters);
        asm.enter();
        asm.address(A2, out.text("/status"));
        asm.call(readProc);
        asm.jumpIf(RESULT, Compare.LT, 0, missing);
        asm.set(A0, out.address(Memory.TEXT));
        asm.bind(search);
        asm.address(A2, out.text(new String(field, StandardCharsets.US_ASCII)));
        Label compare = asm.here();
        asm.load(Size.BYTE, A3, A2, 0);
        asm.set(A1, 0);
        asm.jumpIf(A3, Compare.EQ, 0, digit);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.add(A2, 1);
        asm.jumpIf(T0, Compare.EQ, A3, compare);
        asm.jumpIf(T0, Compare.NE, 0, search);
        asm.set(RESULT, -1);
        asm.jump(missing);
        asm.bind(digit);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.add(T0, -'0');
        asm.jumpIf(T0, Compare.HS, 10, end);
        timesTen();
        asm.jump(digit);
        asm.bind(end);
        asm.move(RESULT, A1);
        asm.bind(missing);
        asm.leave();
    }

    /** A1 becomes ten times itself, and T0. */
    private void timesTen() {
        asm.move(A2, A1);
        asm.shiftLeft(A1, 3);
        asm.add(A1, A2);
        asm.add(A1, A2);
        asm.add(A1, T0);
    }

    private void hexadecimal() {
        Label letter = asm.label();
        Label put = asm.label();
        Label end = asm.label();
        asm.bind(hex);
        asm.enter();
        asm.set(A1, 0);
        Label digit = asm.here();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, end);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.HS, 'a', letter);
        asm.add(T0, -'0');
        asm.jumpIf(T0, Compare.LO, 10, put);
        asm.leave();
        asm.bind(letter);
        asm.add(T0, 10 - 'a');
        asm.bind(put);
        asm.shiftLeft(A1, 4);
        asm.or(A1, T0);
        asm.jump(digit);
        asm.bind(end);
        asm.leave();
    }

    /** In: S0 a thread, A2 the file's name below /proc/THREAD. Changes S1 to S3. Out: RESULT negative, or its text in TEXT, ended by NUL. */
    private void readProcFile() {
        Label power = asm.label();
        Label count = asm.label();
        Label counted = asm.label();
        Label copy = asm.label();
        Label read = asm.label();
        Label end = asm.label();
        Label failed = asm.label();
        asm.bind(readProc);
        asm.enter();
        asm.set(A3, out.address(Memory.LINE));
        asm.move(S3, A2);
        asm.address(A2, out.text("/proc/"));
        asm.call(out.copy);
        // The process id in decimal, by counting subtractions: at most 4194304, leading zeros left out.
        asm.move(S1, S0);
        asm.set(S2, 0);
        asm.address(A0, out.bytes(powersOfTen()));
        asm.bind(power);
        asm.load(Size.WORD, A1, A0, 0);
        asm.add(A0, 4);
        asm.jumpIf(A1, Compare.EQ, 0, copy);
        asm.set(T0, '0');
        asm.bind(count);
        asm.jumpIf(S1, Compare.LO, A1, counted);
        asm.subtract(S1, A1);
        asm.add(T0, 1);
        asm.set(S2, 1);
        asm.jump(count);
        asm.bind(counted);
        asm.jumpIf(S2, Compare.EQ, 0, power);
        asm.store(Size.BYTE, A3, 0, T0);
        asm.add(A3, 1);
        asm.jump(power);
        asm.bind(copy);
        asm.move(A2, S3);
        asm.call(out.copy);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A3, 0, T0);
        out.call("openat", imm(AT_FDCWD), out.memory(Memory.LINE), imm(O_CLOEXEC), imm(0));
        out.jumpIfFailed(failed);
        asm.move(S1, RESULT);
        asm.set(S2, 0);
        asm.bind(read);
        asm.set(A1, out.address(Memory.TEXT));
        asm.add(A1, S2);
        asm.set(A2, Memory.TEXT_SIZE - 1);
        asm.subtract(A2, S2);
        asm.move(A0, S1);
        asm.syscall(out.target.call("read"));
        asm.move(A3, RESULT);
        asm.jumpIf(A3, Compare.LT, 0, end);
        asm.add(S2, A3);
        asm.jumpIf(A3, Compare.NE, 0, read);
        asm.bind(end);
        asm.set(A1, out.address(Memory.TEXT));
        asm.add(A1, S2);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A1, 0, T0);
        out.call("close", in(S1));
        asm.set(RESULT, -1);
        asm.jumpIf(S2, Compare.EQ, 0, failed);
        asm.move(RESULT, S2);
        asm.bind(failed);
        asm.leave();
    }

    private static byte[] timespec(long nanoseconds) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putLong(nanoseconds)
                .array();
    }

    private static byte[] powersOfTen() {
        ByteBuffer powers = ByteBuffer.allocate(8 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int power = 1_000_000; power > 0; power /= 10) {
            powers.putInt(power);
        }
        return powers.array();
    }

    private void eventMessage() {
        trace(GETEVENTMSG, out.memory(Memory.MESSAGE));
    }

    /** A request about the register set of S0; the result is in RESULT. */
    private void registers(int request, int place) {
        asm.set(A0, request);
        asm.set(T0, out.address(place));
        asm.call(registerSet);
    }

    private void registerSetSubroutine() {
        asm.bind(registerSet);
        asm.enter();
        asm.store(Size.LONG, S5, Memory.LOCAL, T0);
        asm.set(T0, out.target.registers());
        asm.store(Size.LONG, S5, Memory.LOCAL + 8, T0);
        asm.move(A1, S0);
        asm.set(A2, NT_PRSTATUS);
        asm.set(A3, out.address(Memory.LOCAL));
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }

    /** A ptrace request about S0 with one more value; the result is in RESULT. */
    private void trace(int request, Emitter.Operand data) {
        out.load(A3, data);
        asm.set(A0, request);
        asm.call(traceRequest);
    }

    private void traceSubroutine() {
        asm.bind(traceRequest);
        asm.enter();
        asm.move(A1, S0);
        asm.set(A2, 0);
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }

    /** Changes the word at the entry point. */
    private void poke(int word) {
        asm.set(A3, word);
        asm.call(pokeEntry);
    }

    private void pokeSubroutine() {
        asm.bind(pokeEntry);
        asm.enter();
        asm.add(A3, S5);
        asm.load(Size.LONG, A3, A3, 0);
        asm.set(A0, POKEDATA);
        asm.move(A1, S0);
        asm.load(Size.LONG, A2, S5, Memory.ENTRY);
        asm.syscall(out.target.call("ptrace"));
        asm.leave();
    }

    private void dieIfFailed(String step) {
        Label fine = asm.label();
        asm.jumpIf(RESULT, Compare.GE, 0, fine);
        die(step);
        asm.bind(fine);
    }

    /** Says what failed (negative error number in RESULT), and takes the program along. */
    private void die(String step) {
        asm.address(A2, out.text(step));
        asm.jump(die);
    }

    private void dying() {
        asm.bind(die);
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.EQ, ESRCH, kill);
        asm.move(S1, S0);
        asm.address(A4, out.text(""));
        out.reportNamed(S2);
        asm.move(S0, S1);
        asm.jump(fail);
    }
}
