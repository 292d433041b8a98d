package org.jpledge.launch;

import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Tracee.GETREGSET;
import static org.jpledge.launch.Tracee.SETREGSET;
import static org.jpledge.launch.Tracee.SIGTRAP;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Errno;

/**
 * What happens at the program's entry point: its thread S0 is there, {@link Memory#SAVED} has its registers, {@link
 * Memory#WORD} the instructions that the breakpoint hides. The program itself takes the exact confinement upon itself.
 */
final class HandOverCode {
    private static final int BUSY = -16;
    private static final int SIG_IGN = 1;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;

    /** How far below the program's stack pointer the filter is put: free there, and mapped (128 KiB are at execve). */
    private static final int BELOW_STACK = 0xa000;

    private final Emitter out;
    private final Assembler asm;
    private final HelperEnd end;
    private final Tracee tracee;
    private final ProcFiles proc;
    private final TracedThreads threads;
    private final FilterPlaces filters;
    private final boolean restricts;
    private final Optional<String> watched;
    private final int filterFlags;
    private final SortedSet<Integer> kept;
    private final boolean closes;
    private final Label restrictThread;
    private final Optional<SupervisorCode> supervisor;

    HandOverCode(
            Emitter out,
            LaunchPlan plan,
            FilterPlaces filters,
            RuleTable rules,
            HelperEnd end,
            Tracee tracee,
            ProcFiles proc,
            TracedThreads threads,
            Optional<SupervisorCode> supervisor) {
        this.out = out;
        this.asm = out.asm;
        this.end = end;
        this.tracee = tracee;
        this.proc = proc;
        this.threads = threads;
        this.filters = filters;
        this.restricts = rules.hasExact();
        this.watched = plan.confinement().watched();
        this.filterFlags = plan.confinement().filterFlags();
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
        this.restrictThread = asm.label();
        this.supervisor = supervisor;
    }

    /** Falls through when all is done and the program is on its own. */
    void emit() {
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.store(Size.LONG, S5, Memory.SAVED + out.target.pc(), T0);
        threads.stopOthers();
        checkFilters();
        // No signal may come between the calls to come.
        tracee.blockSignals(Memory.OLD_MASK);
        out.put(Memory.STUB, out.target.callInstruction());
        tracee.poke(Memory.STUB);
        end.dieIfFailed("entry point");
        if (restricts) {
            restrict();
        }
        if (closes) {
            for (DescriptorRange range : DescriptorRange.outside(kept)) {
                tracee.inProgram("close_range", imm(range.first()), imm(range.last()), imm(0));
                end.dieIfFailed("close_range");
            }
        }
        restoreTrapAction();
        installFilter();
        tracee.poke(Memory.WORD);
        end.dieIfFailed("entry point");
        tracee.registers(SETREGSET, Memory.SAVED);
        end.dieIfFailed("registers");
        asm.load(Size.LONG, T0, S5, Memory.OLD_MASK);
        asm.load(Size.LONG, A1, S5, Memory.TRAP_MASK);
        asm.or(T0, A1);
        asm.store(Size.LONG, S5, Memory.OLD_MASK, T0);
        tracee.setSignalMask(Memory.OLD_MASK);
        DeathWatch death = new DeathWatch(out, end, proc);
        if (watched.isPresent()) {
            death.prepare();
        }
        threads.letGo();
        watched.ifPresent(death::watch);
    }

    /**
     * The exact ruleset, for each thread by itself: until Linux 7.0 landlock_restrict_self(2) is about the calling thread
     * alone, and since then its flag for all of them waits for the others, which are stopped here.
     */
    private void restrict() {
        threads.restrictOthers(restrictThread);
        tracee.registers(GETREGSET, Memory.SAVED);
        end.dieIfFailed("registers");
        asm.load(Size.LONG, T0, S5, Memory.ENTRY);
        asm.store(Size.LONG, S5, Memory.SAVED + out.target.pc(), T0);
        asm.call(restrictThread);
        if (!closes || !kept.isEmpty()) {
            tracee.inProgram("close", dword(Memory.EXACT_RULESET));
        }
    }

    /** The subroutine of {@link #emit}. To be called once. */
    void emitSubroutine() {
        if (!restricts) {
            return;
        }
        asm.bind(restrictThread);
        asm.enter();
        Label lost = asm.label();
        Label refused = asm.label();
        Label failed = asm.label();
        tracee.inProgram("landlock_restrict_self", dword(Memory.EXACT_RULESET), dword(Memory.RESTRICT_FLAGS));
        asm.jumpIf(RESULT, Compare.NE, 0, refused);
        asm.leave();
        asm.bind(refused);
        asm.jumpIf(RESULT, Compare.EQ, -number("EBADF"), lost);
        asm.jumpIf(RESULT, Compare.NE, -number("EBADFD"), failed);
        asm.bind(lost);
        end.note("its Landlock ruleset was closed or replaced before the entry point: killed");
        asm.jump(end.kill);
        asm.bind(failed);
        end.die("landlock");
    }

    private int number(String errno) {
        return Errno.number(out.target.arch(), errno).orElseThrow();
    }

    /** If the caller ignored SIGTRAP, so does the program. */
    private void restoreTrapAction() {
        Label plain = asm.label();
        asm.load(Size.LONG, T0, S5, Memory.ACTION);
        asm.jumpIf(T0, Compare.NE, SIG_IGN, plain);
        belowStack();
        asm.set(A1, out.address(Memory.ACTION));
        copyToProgram(32);
        tracee.inProgram("rt_sigaction", imm(SIGTRAP), dword(Memory.REMOTE), imm(0), imm(8));
        end.dieIfFailed("signal action");
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
        proc.countFilters();
        asm.load(Size.WORD, T0, S5, Memory.FILTERS);
        asm.jumpIf(RESULT, Compare.EQ, T0, untouched);
        end.note("a seccomp filter was installed before the entry point: killed");
        asm.jump(end.kill);
        asm.bind(untouched);
    }

    private void installFilter() {
        belowStack();
        asm.move(T0, S1);
        asm.add(T0, FilterPlaces.HEADER);
        asm.set(A1, filters.exactProgram());
        asm.store(Size.LONG, A1, 8, T0);
        copyToProgram(filters.exactSize());
        int flags = filterFlags | supervisor.map(SupervisorCode::filterFlags).orElse(SECCOMP_FILTER_FLAG_TSYNC);
        tracee.inProgram("seccomp", imm(SECCOMP_SET_MODE_FILTER), imm(flags), dword(Memory.REMOTE));
        if (supervisor.isPresent()) {
            supervisor.get().handListener();
            return;
        }
        Label installed = asm.label();
        asm.jumpIf(RESULT, Compare.EQ, 0, installed);
        // A positive number is a thread that could not be synchronized.
        Label error = asm.label();
        asm.jumpIf(RESULT, Compare.LT, 0, error);
        asm.set(RESULT, BUSY);
        asm.bind(error);
        end.die("seccomp");
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
        end.dieIfFailed("filter");
    }
}
