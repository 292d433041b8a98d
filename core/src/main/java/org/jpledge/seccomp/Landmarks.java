package org.jpledge.seccomp;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/**
 * The numbers and architectures that stand for all others: a program that only compares them with constants does the same
 * for every one between two neighbouring constants.
 */
final class Landmarks {
    // What the accumulator may hold.
    private static final byte NUMBER = 1;
    private static final byte ARCHITECTURE = 2;

    private final SortedSet<Integer> numbers = new TreeSet<>(Integer::compareUnsigned);
    private final SortedSet<Integer> architectures = new TreeSet<>(Integer::compareUnsigned);
    private final List<String> unclear = new ArrayList<>();

    Landmarks(Program program) {
        List<Insn> insns = program.insns();
        byte[] holds = new byte[insns.size() + 1];
        for (int i = 0; i < insns.size(); i++) {
            byte now = holds[i];
            switch (insns.get(i)) {
                case Insn.LoadWord(int offset) ->
                    holds[i + 1] |= offset == SeccompData.NR ? NUMBER : offset == SeccompData.ARCH ? ARCHITECTURE : 0;
                case Insn.Jump(int distance) -> holds[i + 1 + distance] |= now;
                case Insn.JumpIf jump -> {
                    holds[i + 1 + jump.jt()] |= now;
                    holds[i + 1 + jump.jf()] |= now;
                    compared(i, jump, now);
                }
                case Insn.Return _ -> {}
                default -> {
                    if (now != 0) {
                        unclear.add("instruction " + i + ": the number or architecture is more than compared");
                    }
                }
            }
        }
    }

    private void compared(int at, Insn.JumpIf jump, byte now) {
        if (now != 0 && jump.test() == Comparison.SET) {
            unclear.add("instruction " + at + ": the number or architecture is more than compared");
        }
        if ((now & NUMBER) != 0) {
            around(numbers, jump.k());
        }
        if ((now & ARCHITECTURE) != 0) {
            around(architectures, jump.k());
        }
    }

    private static void around(SortedSet<Integer> landmarks, int value) {
        landmarks.add(value - 1);
        landmarks.add(value);
        landmarks.add(value + 1);
    }

    /** Where the program does more with a number or architecture than to compare it. */
    List<String> unclear() {
        return unclear;
    }

    /** Architectures that a program and a filter can tell apart, and the known ones. */
    SortedSet<Integer> architectures(Filter filter) {
        SortedSet<Integer> all = new TreeSet<>(architectures);
        for (Filter.Section section : filter.sections()) {
            around(all, section.arch().audit());
        }
        for (Arch arch : Arch.values()) {
            all.add(arch.audit());
        }
        all.add(0);
        all.add(-1);
        return all;
    }

    /** Numbers that a program and the rules of an architecture can tell apart. */
    SortedSet<Integer> numbers(Filter.@Nullable Section section) {
        SortedSet<Integer> all = new TreeSet<>(numbers);
        around(all, Filter.X32);
        around(all, Filter.SKIPPED);
        around(all, Integer.MIN_VALUE);
        if (section != null) {
            for (int number : KnownNumbers.of(section.arch())) {
                all.add(number);
                all.add(number + 1);
            }
            for (Rule rule : section.rules()) {
                around(all, rule.number());
            }
        }
        return all;
    }

    /** The byte order of an architecture, known or not. */
    static ByteOrder order(int audit) {
        for (Arch arch : Arch.values()) {
            if (arch.audit() == audit) {
                return arch.order();
            }
        }
        // The flag that the kernel's constants have for little-endian architectures.
        return (audit & 0x40000000) != 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }
}
