package org.jpledge.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Emits machine code, one instruction or short sequence a call, in terms of the registers' roles ({@link Reg}). The
 * same sequence of calls gives code of the same meaning on every processor that has a subclass here.
 *
 * <p>Not thread safe. Code is position independent within itself; absolute addresses are the caller's business.
 */
public abstract sealed class Assembler permits X8664Assembler, Aarch64Assembler {
    private static final int ADDEND_LIMIT = 1 << 24;
    private static final int REGISTER_BITS = 64;
    private static final int MAX_FIELD = 31;

    /** An instruction with a label: where it is, its length in the form that reaches farthest, and what it is. */
    record Branch(int at, int length, Label target, int kind, int operand) {}

    private byte[] code = new byte[2048];
    private int length;
    private final List<Branch> branches = new ArrayList<>();

    /** Only for the processors' subclasses here. */
    Assembler() {}

    /**
     * An assembler for x86-64.
     *
     * @return a new, empty one
     */
    public static Assembler x8664() {
        return new X8664Assembler();
    }

    /**
     * An assembler for aarch64, little endian.
     *
     * @return a new, empty one
     */
    public static Assembler aarch64() {
        return new Aarch64Assembler();
    }

    /**
     * A label to jump to, bound later or at once.
     *
     * @return a new label
     */
    public final Label label() {
        return new Label();
    }

    /**
     * Makes a label mean the next byte.
     *
     * @param label a label of this assembler, not bound yet
     */
    public final void bind(Label label) {
        label.bind(length);
    }

    /**
     * Binds a new label here.
     *
     * @return the label of the next byte
     */
    public final Label here() {
        Label label = new Label();
        label.bind(length);
        return label;
    }

    /**
     * How much has been emitted.
     *
     * @return bytes
     */
    public final int length() {
        return length;
    }

    /**
     * Emits constant data.
     *
     * @param data the bytes
     */
    public final void data(byte[] data) {
        reserve(data.length);
        System.arraycopy(data, 0, code, length, data.length);
        length += data.length;
    }

    /**
     * Fills with zeros up to a multiple.
     *
     * @param multiple a power of two
     */
    public final void align(int multiple) {
        while (length % multiple != 0) {
            emit8(0);
        }
    }

    /**
     * The finished code, every jump resolved.
     *
     * @return a copy of the code
     * @throws IllegalStateException if a label was used and never bound, or is out of an instruction's reach
     */
    public final byte[] assemble() {
        int[] behind = branchesBeforeTargets();
        boolean[] near = new boolean[behind.length];
        int[] moved = shorten(behind, near);
        byte[] finished = new byte[length - moved[behind.length]];
        int from = 0;
        int to = 0;
        for (int i = 0; i < behind.length; i++) {
            Branch branch = branches.get(i);
            System.arraycopy(code, from, finished, to, branch.at - from);
            to += branch.at - from;
            from = branch.at + branch.length;
            byte[] instruction = encode(branch, near[i], distance(i, behind, moved));
            System.arraycopy(instruction, 0, finished, to, instruction.length);
            to += instruction.length;
        }
        System.arraycopy(code, from, finished, to, length - from);
        return finished;
    }

    /** For each instruction with a label, how many of them are before the label. */
    private int[] branchesBeforeTargets() {
        int[] places = new int[branches.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = branches.get(i).at;
        }
        int[] behind = new int[places.length];
        for (int i = 0; i < behind.length; i++) {
            int found = Arrays.binarySearch(places, branches.get(i).target.offset());
            behind[i] = found >= 0 ? found : -found - 1;
        }
        return behind;
    }

    /**
     * Finds the instructions whose target is near. When some get shorter, others come nearer, so until no more do.
     *
     * @return by how much the code before each instruction with a label, and that behind the last one, moves
     */
    private int[] shorten(int[] behind, boolean[] near) {
        int[] moved = new int[near.length + 1];
        int[] savings = new int[near.length];
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < near.length; i++) {
                if (!near[i]) {
                    savings[i] = saving(branches.get(i), distance(i, behind, moved));
                    near[i] = savings[i] > 0;
                    changed |= near[i];
                }
            }
            for (int i = 0; i < near.length; i++) {
                moved[i + 1] = moved[i] + savings[i];
            }
        }
        return moved;
    }

    private int distance(int index, int[] behind, int[] moved) {
        Branch branch = branches.get(index);
        return branch.target.offset() - moved[behind[index]] - (branch.at - moved[index]);
    }

    /**
     * Sets a register to a constant.
     *
     * @param to any register but SP
     * @param value the constant
     */
    public abstract void set(Reg to, long value);

    /**
     * Copies a register.
     *
     * @param to where to
     * @param from where from
     */
    public abstract void move(Reg to, Reg from);

    /**
     * Sets a register to the run-time address of a label.
     *
     * @param to any register but SP
     * @param label a label in this code
     */
    public abstract void address(Reg to, Label label);

    /**
     * Loads from memory, filling up with zeros.
     *
     * @param size how much
     * @param to any register but SP
     * @param base register with the address
     * @param offset added to the address
     */
    public abstract void load(Size size, Reg to, Reg base, int offset);

    /**
     * Stores to memory.
     *
     * @param size how much
     * @param base register with the address
     * @param offset added to the address
     * @param from any register but SP
     */
    public abstract void store(Size size, Reg base, int offset, Reg from);

    /**
     * Adds a constant.
     *
     * @param to any register
     * @param value less than 16 MiB either way
     * @throws IllegalArgumentException if the constant is too large
     */
    public final void add(Reg to, int value) {
        if (value <= -ADDEND_LIMIT || value >= ADDEND_LIMIT) {
            throw new IllegalArgumentException("cannot add " + value);
        }
        addConstant(to, value);
    }

    /**
     * Adds a register.
     *
     * @param to any register but SP
     * @param value added to it
     */
    public abstract void add(Reg to, Reg value);

    /**
     * Subtracts a register.
     *
     * @param to any register but SP
     * @param value subtracted from it
     */
    public abstract void subtract(Reg to, Reg value);

    /**
     * Bitwise or.
     *
     * @param to any register but SP
     * @param value ored into it
     */
    public abstract void or(Reg to, Reg value);

    /**
     * Shifts left.
     *
     * @param to any register but SP
     * @param count bits, 0 to 63
     * @throws IllegalArgumentException if it is not
     */
    public final void shiftLeft(Reg to, int count) {
        if (count < 0 || count >= REGISTER_BITS) {
            throw new IllegalArgumentException("cannot shift by " + count);
        }
        shift(to, count);
    }

    /**
     * Extracts a field of bits, unsigned.
     *
     * @param to any register but SP
     * @param from any register but SP
     * @param first lowest bit of the field
     * @param count width of the field, 1 to 31
     * @throws IllegalArgumentException if there is no such field
     */
    public final void bits(Reg to, Reg from, int first, int count) {
        if (first < 0 || count < 1 || count > MAX_FIELD || first + count > REGISTER_BITS) {
            throw new IllegalArgumentException("no field of " + count + " bits from bit " + first);
        }
        extract(to, from, first, count);
    }

    /**
     * Jumps.
     *
     * @param target where to
     */
    public abstract void jump(Label target);

    /**
     * Jumps if a register compares so with a constant.
     *
     * @param left any register but SP
     * @param compare the comparison
     * @param right a constant
     * @param target where to
     */
    public abstract void jumpIf(Reg left, Compare compare, long right, Label target);

    /**
     * Jumps if two registers compare so.
     *
     * @param left any register but SP
     * @param compare the comparison
     * @param right any register but SP
     * @param target where to
     */
    public abstract void jumpIf(Reg left, Compare compare, Reg right, Label target);

    /**
     * Calls a subroutine, which begins with {@link #enter} and ends with {@link #leave}.
     *
     * @param target the subroutine
     */
    public abstract void call(Label target);

    /** Begins a subroutine. */
    public abstract void enter();

    /** Ends a subroutine and returns. */
    public abstract void leave();

    /**
     * Makes the system call whose number is already in {@link Reg#NR}.
     */
    public abstract void syscall();

    /**
     * Adds one to a number in memory that other threads count in too, and keeps what it was. On aarch64 this changes x16 and
     * x17, which no role has.
     *
     * @param to where the old value goes; any register but SP
     * @param base register with the address, another one
     */
    public abstract void count(Reg to, Reg base);

    /** A breakpoint instruction. */
    public abstract void breakpoint();

    /**
     * Sets the number and makes the call.
     *
     * @param number the architecture's number of the system call
     */
    public final void syscall(int number) {
        set(Reg.NR, number);
        syscall();
    }

    abstract void addConstant(Reg to, int value);

    abstract void shift(Reg to, int count);

    abstract void extract(Reg to, Reg from, int first, int count);

    /** How many bytes shorter an instruction can be if its target is so far from its beginning. */
    abstract int saving(Branch branch, int distance);

    /** The instruction, in its short form if it is near. */
    abstract byte[] encode(Branch branch, boolean near, int distance);

    /** The register for a constant that fits into no instruction, if it is not one of these, which are still needed. */
    static Reg scratch(Reg... needed) {
        for (Reg reg : needed) {
            if (reg == Reg.T1) {
                throw new IllegalArgumentException("T1 is needed for the constant");
            }
        }
        return Reg.T1;
    }

    /** Emits an instruction with a label, which is encoded when the label's place is known. */
    final void branch(int kind, int operand, int bytes, Label target) {
        branches.add(new Branch(length, bytes, target, kind, operand));
        data(new byte[bytes]);
    }

    final void emit8(int value) {
        reserve(1);
        code[length++] = (byte) value;
    }

    final void emit32(int value) {
        reserve(4);
        put32(length, value);
        length += 4;
    }

    final void put32(int at, int value) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >>> (8 * i));
        }
    }

    private void reserve(int bytes) {
        if (length + bytes > code.length) {
            code = Arrays.copyOf(code, Math.max(code.length * 2, length + bytes));
        }
    }
}
