package org.jpledge.launch;

import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.A5;
import static org.jpledge.machine.Reg.T0;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/** The reverse of {@link Packing} and of {@link FilterPlaces#columns}, in the launcher's code. Changes A0 to A5 and T0. */
final class UnpackingCode {
    private static final int INSTRUCTION = 8;

    private final Assembler asm;

    UnpackingCode(Emitter out) {
        this.asm = out.asm;
    }

    /** From the tokens at A1 to A2. */
    void unpack() {
        Label copy = asm.label();
        Label near = asm.label();
        Label literals = asm.label();
        Label each = asm.label();
        Label done = asm.label();
        Label next = asm.here();
        asm.load(Size.BYTE, T0, A1, 0);
        asm.add(A1, 1);
        asm.jumpIf(T0, Compare.EQ, 0, done);
        asm.jumpIf(T0, Compare.HS, Packing.COPY, copy);
        asm.bind(literals);
        asm.load(Size.BYTE, A4, A1, 0);
        asm.store(Size.BYTE, A2, 0, A4);
        asm.add(A1, 1);
        asm.add(A2, 1);
        asm.add(T0, -1);
        asm.jumpIf(T0, Compare.NE, 0, literals);
        asm.jump(next);

        asm.bind(copy);
        asm.bits(A3, T0, 4, 3);
        asm.bits(T0, T0, 0, 4);
        asm.shiftLeft(T0, 8);
        asm.load(Size.BYTE, A4, A1, 0);
        asm.add(A1, 1);
        asm.or(T0, A4);
        asm.move(A5, A2);
        asm.subtract(A5, T0);
        asm.jumpIf(A3, Compare.NE, Packing.LONGER, near);
        asm.load(Size.BYTE, A4, A1, 0);
        asm.add(A1, 1);
        asm.add(A3, A4);
        asm.bind(near);
        asm.add(A3, Packing.SHORTEST);
        asm.bind(each);
        asm.load(Size.BYTE, A4, A5, 0);
        asm.store(Size.BYTE, A2, 0, A4);
        asm.add(A5, 1);
        asm.add(A2, 1);
        asm.add(A3, -1);
        asm.jumpIf(A3, Compare.NE, 0, each);
        asm.jump(next);
        asm.bind(done);
    }

    /**
     * The columns at A1 of A3 instructions become these instructions at A2. Leaves A1 and A2 behind both.
     *
     * <p>A subroutine, to be emitted once.
     *
     * @param subroutine its label
     */
    void spread(Label subroutine) {
        Label column = asm.label();
        Label each = asm.label();
        Label plain = asm.label();
        asm.bind(subroutine);
        asm.enter();
        asm.set(A4, 0);
        asm.bind(column);
        asm.move(A5, A3);
        asm.bind(each);
        asm.load(Size.BYTE, T0, A1, 0);
        asm.add(A1, 1);
        // Columns 2 and 3 are jumps, counted from the filter's end.
        asm.bits(A0, A4, 1, 2);
        asm.jumpIf(A0, Compare.NE, 1, plain);
        asm.jumpIf(T0, Compare.EQ, 0, plain);
        asm.move(A0, A5);
        asm.subtract(A0, T0);
        asm.bits(A0, A0, 0, 8);
        asm.jumpIf(A0, Compare.EQ, 0, plain);
        asm.move(T0, A0);
        asm.bind(plain);
        asm.store(Size.BYTE, A2, 0, T0);
        asm.add(A2, INSTRUCTION);
        asm.add(A5, -1);
        asm.jumpIf(A5, Compare.NE, 0, each);
        // Back to the first instruction, and to its next byte.
        asm.move(A0, A3);
        asm.shiftLeft(A0, 3);
        asm.subtract(A2, A0);
        asm.add(A2, 1);
        asm.add(A4, 1);
        asm.jumpIf(A4, Compare.NE, INSTRUCTION, column);
        asm.add(A2, -INSTRUCTION);
        asm.add(A2, A0);
        asm.leave();
    }
}
