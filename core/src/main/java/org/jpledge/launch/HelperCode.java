package org.jpledge.launch;

import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Tracee.CONT;
import static org.jpledge.launch.Tracee.DETACH;
import static org.jpledge.launch.Tracee.EVENT_CLONE;
import static org.jpledge.launch.Tracee.EVENT_EXEC;
import static org.jpledge.launch.Tracee.EVENT_FORK;
import static org.jpledge.launch.Tracee.EVENT_SECCOMP;
import static org.jpledge.launch.Tracee.EVENT_STOP;
import static org.jpledge.launch.Tracee.EVENT_VFORK;
import static org.jpledge.launch.Tracee.GETREGSET;
import static org.jpledge.launch.Tracee.LISTEN;
import static org.jpledge.launch.Tracee.PEEKDATA;
import static org.jpledge.launch.Tracee.SEIZE;
import static org.jpledge.launch.Tracee.SIGTRAP;
import static org.jpledge.launch.Tracee.WALL;
import static org.jpledge.machine.Reg.A1;
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
import java.util.Optional;
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

    private static final int FUTEX_WAIT = 0;
    private static final long PATIENCE = 50_000_000;
    private static final int FUTEX_WAKE = 1;

    private static final int OPTIONS =
            1 << EVENT_FORK | 1 << EVENT_VFORK | 1 << EVENT_CLONE | 1 << EVENT_EXEC | 0x100000 /* EXITKILL */;

    private static final int PHASE_LAUNCHER = 0;
    private static final int PHASE_LOADER = 1;

    private final Emitter out;
    private final Assembler asm;
    private final Confinement confinement;
    private final Optional<SupervisorCode> supervisor;
    private final HelperEnd end;
    private final Tracee tracee;
    private final ProcFiles proc;
    private final TracedThreads threads;
    private final HandOverCode handOver;

    private final Label loop;
    private final Label continueQuietly;
    private final Label atEntryPoint;

    HelperCode(Emitter out, LaunchPlan plan, FilterPlaces filters, RuleTable rules) {
        this.out = out;
        this.asm = out.asm;
        this.confinement = plan.confinement();
        this.end = new HelperEnd(out, new String(plan.arguments().getFirst(), StandardCharsets.UTF_8));
        this.tracee = new Tracee(out, end, confinement.supervision().isPresent());
        this.proc = new ProcFiles(out);
        this.supervisor = confinement.supervision().map(wanted -> new SupervisorCode(out, wanted, end, tracee));
        this.threads = new TracedThreads(out, end, tracee, rules.hasExact(), supervisor);
        this.handOver = new HandOverCode(out, plan, filters, rules, end, tracee, proc, threads, supervisor);
        this.loop = asm.label();
        this.continueQuietly = asm.label();
        this.atEntryPoint = asm.label();
    }

    void emit(Label helper) {
        asm.bind(helper);
        attach();
        waitLoop();
        executed();
        asm.bind(atEntryPoint);
        handOver.emit();
        end.emit(tracee, confinement.watched());
        handOver.emitSubroutine();
        threads.emit();
        supervisor.ifPresent(SupervisorCode::emit);
        tracee.emit();
        proc.emit();
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
        out.jumpIfFailed(end.gone);
        asm.jump(wait);
        asm.bind(go);
        out.call("ptrace", imm(SEIZE), in(S4), imm(0), imm(options()));
        asm.move(S1, RESULT);
        asm.set(S2, ATTACHED);
        Label told = asm.label();
        asm.jumpIf(S1, Compare.EQ, 0, told);
        asm.set(S2, REFUSED);
        asm.subtract(S2, S1);
        // It ends now, and the kernel may clear READY before the launcher has looked.
        asm.store(Size.WORD, S5, Memory.STATUS, S2);
        asm.bind(told);
        asm.store(Size.WORD, S5, Memory.READY, S2);
        out.call("futex", out.memory(Memory.READY), imm(FUTEX_WAKE), imm(1));
        asm.jumpIf(S1, Compare.NE, 0, end.gone);
        // Pipes must not stay open because of the helper. It keeps standard error, to say what went wrong.
        out.call("close_range", imm(0), imm(1), imm(0));
        for (DescriptorRange range : DescriptorRange.outside(sockets())) {
            out.call("close_range", imm(range.first()), imm(range.last()), imm(0));
        }
        if (confinement.watched().isPresent()) {
            out.call("chdir", at(out.text("/")));
        }
    }

    private int options() {
        return supervisor.isPresent() ? OPTIONS | 1 << EVENT_SECCOMP : OPTIONS;
    }

    private SortedSet<Integer> sockets() {
        SortedSet<Integer> sockets = new TreeSet<>();
        confinement.supervision().ifPresent(wanted -> sockets.add(wanted.socket()));
        return sockets;
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
        out.jumpIfFailed(end.gone);
        asm.move(S0, RESULT);
        asm.load(Size.WORD, S1, S5, Memory.STATUS);
        asm.bits(T0, S1, 0, 8);
        asm.jumpIf(T0, Compare.EQ, 0x7f, stopped);
        asm.jumpIf(S0, Compare.NE, S4, loop);
        asm.jump(end.ended);

        asm.bind(stopped);
        asm.bits(S2, S1, 16, 8);
        asm.bits(S1, S1, 8, 8);
        asm.jumpIf(S2, Compare.EQ, 0, signal);
        asm.jumpIf(S2, Compare.EQ, EVENT_STOP, stop);
        asm.jumpIf(S2, Compare.EQ, EVENT_EXEC, exec);
        asm.jumpIf(S2, Compare.EQ, EVENT_CLONE, thread);
        asm.jumpIf(S2, Compare.LO, EVENT_CLONE, process);
        supervisor.ifPresent(code -> {
            asm.jumpIf(S2, Compare.NE, EVENT_SECCOMP, continueQuietly);
            code.judge();
        });
        asm.bind(continueQuietly);
        tracee.trace(CONT, imm(0));
        asm.jump(loop);

        // A stop of the whole group (SIGSTOP, SIGTSTP…) lasts until SIGCONT; any other is ours or a new thread's first.
        asm.bind(stop);
        asm.jumpIf(S1, Compare.EQ, SIGTRAP, continueQuietly);
        tracee.trace(LISTEN, imm(0));
        asm.jump(loop);

        // A signal on its way to the program: delivered untouched, unless it is our breakpoint.
        asm.bind(signal);
        Label deliver = asm.label();
        asm.jumpIf(S1, Compare.NE, SIGTRAP, deliver);
        asm.load(Size.WORD, T0, S5, Memory.PHASE);
        asm.jumpIf(T0, Compare.NE, PHASE_LOADER, deliver);
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.jumpIf(T0, Compare.EQ, 0, deliver);
        tracee.registers(GETREGSET, Memory.SAVED);
        out.jumpIfFailed(end.gone);
        asm.load(Size.LONG, T0, S5, Memory.SAVED + out.target.pc());
        asm.add(T0, -out.target.afterBreakpoint());
        asm.load(Size.LONG, A1, S5, Memory.ENTRY);
        asm.jumpIf(T0, Compare.EQ, A1, atEntryPoint);
        asm.bind(deliver);
        tracee.trace(CONT, in(S1));
        asm.jump(loop);

        asm.bind(thread);
        threads.add();
        asm.jump(continueQuietly);

        asm.bind(process);
        threads.killProcess();
        asm.jump(continueQuietly);

        asm.bind(exec);
        asm.load(Size.WORD, T0, S5, Memory.PHASE);
        Label first = asm.label();
        asm.jumpIf(T0, Compare.EQ, PHASE_LAUNCHER, first);
        if (!confinement.mayExecute()) {
            end.note("another program was executed before the entry point: killed");
            asm.jump(end.kill);
        }
        asm.bind(first);
    }

    /** An execve of the traced process, S0: all its other threads are gone. */
    private void executed() {
        asm.load(Size.WORD, S3, S5, Memory.PHASE);
        out.putWord(Memory.PHASE, PHASE_LOADER);
        threads.startWithOne();
        tracee.registers(GETREGSET, Memory.SAVED);
        out.jumpIfFailed(end.gone);
        Label here = asm.label();
        Label entryKnown = asm.label();
        confinement.dynamicLinker().ifPresent(linker -> {
            // Later programs get the exact filter from their first instruction on.
            asm.jumpIf(S3, Compare.NE, PHASE_LAUNCHER, here);
            proc.runsIn(linker, here);
            proc.findEntryPoint(here);
            proc.countFilters();
            out.jumpIfFailed(end.kill);
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

    private void insertBreakpoint() {
        Label readable = asm.label();
        out.call("ptrace", imm(PEEKDATA), in(S0), dword(Memory.ENTRY), out.memory(Memory.WORD));
        asm.jumpIf(RESULT, Compare.GE, 0, readable);
        if (confinement.strict()) {
            end.die(supervisor.isPresent() ? "entry point, without which nothing can be reported" : "entry point");
        } else {
            asm.move(S2, RESULT);
            // A program that may be executed but not read: not even its tracer may look into it.
            asm.move(S1, S0);
            out.report("entry point", S2, LauncherCode.STAYS_IN_LOADERS_SANDBOX);
            asm.move(S0, S1);
            tracee.trace(DETACH, imm(0));
            asm.jump(end.gone);
        }
        asm.bind(readable);
        byte[] breakpoint = out.target.breakpoint();
        asm.load(Size.LONG, T0, S5, Memory.WORD);
        asm.store(Size.LONG, S5, Memory.STUB, T0);
        for (int i = 0; i < breakpoint.length; i++) {
            asm.set(T0, breakpoint[i] & 0xff);
            asm.store(Size.BYTE, S5, Memory.STUB + i, T0);
        }
        tracee.poke(Memory.STUB);
        end.dieIfFailed("breakpoint");
    }

    private static byte[] timespec(long nanoseconds) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putLong(nanoseconds)
                .array();
    }
}
