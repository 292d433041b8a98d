package org.jpledge.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** x86-64, 64-bit mode. Encodings: Intel SDM volume 2. */
final class X8664Assembler extends Assembler {
    private static final int JUMP = 0;
    private static final int JUMP_IF = 1;
    private static final int CALL = 2;
    private static final int ADDRESS = 3;
    private static final int SHORT_JUMP = 2;

    private static int number(Reg reg) {
        return switch (reg) {
            case A0 -> 7; // rdi
            case A1 -> 6; // rsi
            case A2 -> 2; // rdx
            case A3 -> 10;
            case A4 -> 8;
            case A5 -> 9;
            case NR, RESULT -> 0; // rax
            case T0 -> 1; // rcx
            case T1 -> 11;
            case S0 -> 3; // rbx
            case S1 -> 5; // rbp
            case S2 -> 12;
            case S3 -> 13;
            case S4 -> 14;
            case S5 -> 15;
            case SP -> 4; // rsp
        };
    }

    @Override
    public void set(Reg to, long value) {
        int n = number(to.general());
        if (value == 0) {
            rex(false, n, n, false);
            emit8(0x31);
            modrm(3, n, n);
        } else if ((byte) value == value) {
            // push and pop: three bytes where a move needs five, and most constants are this small.
            emit8(0x6a);
            emit8((int) value);
            rex(false, 0, n, false);
            emit8(0x58 | n & 7);
        } else if (value >>> 32 == 0) {
            rex(false, 0, n, false);
            emit8(0xb8 | n & 7);
            emit32((int) value);
        } else if ((int) value == value) {
            rex(true, 0, n, false);
            emit8(0xc7);
            modrm(3, 0, n);
            emit32((int) value);
        } else {
            rex(true, 0, n, false);
            emit8(0xb8 | n & 7);
            emit32((int) value);
            emit32((int) (value >>> 32));
        }
    }

    @Override
    public void move(Reg to, Reg from) {
        registers(0x89, from, to);
    }

    @Override
    public void address(Reg to, Label label) {
        branch(ADDRESS, number(to.general()), 7, label);
    }

    @Override
    public void load(Size size, Reg to, Reg base, int offset) {
        int n = number(to.general());
        int b = number(base);
        rex(size == Size.LONG, n, b, false);
        switch (size) {
            case BYTE -> {
                emit8(0x0f);
                emit8(0xb6);
            }
            case HALF -> {
                emit8(0x0f);
                emit8(0xb7);
            }
            case WORD, LONG -> emit8(0x8b);
        }
        memory(n, b, offset);
    }

    @Override
    public void store(Size size, Reg base, int offset, Reg from) {
        int n = number(from.general());
        int b = number(base);
        if (size == Size.HALF) {
            emit8(0x66);
        }
        rex(size == Size.LONG, n, b, size == Size.BYTE && n >= 4);
        emit8(size == Size.BYTE ? 0x88 : 0x89);
        memory(n, b, offset);
    }

    @Override
    void addConstant(Reg to, int value) {
        immediate(0, to, value);
    }

    @Override
    public void add(Reg to, Reg value) {
        registers(0x01, value.general(), to.general());
    }

    @Override
    public void subtract(Reg to, Reg value) {
        registers(0x29, value.general(), to.general());
    }

    @Override
    public void or(Reg to, Reg value) {
        registers(0x09, value.general(), to.general());
    }

    @Override
    void shift(Reg to, int count) {
        shift(4, to, count);
    }

    @Override
    void extract(Reg to, Reg from, int first, int count) {
        if (to != from) {
            registers(0x89, from.general(), to.general());
        }
        if (first > 0) {
            shift(5, to, first);
        }
        immediate(4, to.general(), (1 << count) - 1);
    }

    @Override
    public void jump(Label target) {
        branch(JUMP, 0, 5, target);
    }

    @Override
    public void jumpIf(Reg left, Compare compare, long right, Label target) {
        boolean signed = compare != Compare.LO && compare != Compare.HS;
        if (right == 0 && signed) {
            registers(0x85, left.general(), left); // test
            conditional(compare, target);
        } else if ((int) right == right) {
            immediate(7, left.general(), (int) right);
            conditional(compare, target);
        } else {
            Reg constant = scratch(left);
            set(constant, right);
            jumpIf(left, compare, constant, target);
        }
    }

    @Override
    public void jumpIf(Reg left, Compare compare, Reg right, Label target) {
        registers(0x39, right.general(), left.general());
        conditional(compare, target);
    }

    @Override
    public void call(Label target) {
        branch(CALL, 0, 5, target);
    }

    @Override
    public void enter() {}

    @Override
    public void leave() {
        emit8(0xc3);
    }

    @Override
    public void syscall() {
        emit8(0x0f);
        emit8(0x05);
    }

    @Override
    public void count(Reg to, Reg base) {
        int n = number(to.general());
        int b = number(base.general());
        set(to, 1);
        emit8(0xf0); // lock xadd
        rex(true, n, b, false);
        emit8(0x0f);
        emit8(0xc1);
        memory(n, b, 0);
    }

    @Override
    public void breakpoint() {
        emit8(0xcc);
    }

    @Override
    int saving(Branch branch, int distance) {
        boolean near = distance >= Byte.MIN_VALUE + SHORT_JUMP && distance <= Byte.MAX_VALUE;
        return switch (branch.kind()) {
            case JUMP, JUMP_IF -> near ? branch.length() - SHORT_JUMP : 0;
            default -> 0;
        };
    }

    @Override
    byte[] encode(Branch branch, boolean near, int distance) {
        int relative = distance - (near ? SHORT_JUMP : branch.length());
        ByteBuffer bytes =
                ByteBuffer.allocate(near ? SHORT_JUMP : branch.length()).order(ByteOrder.LITTLE_ENDIAN);
        if (near) {
            bytes.put((byte) (branch.kind() == JUMP ? 0xeb : 0x70 | branch.operand()));
            return bytes.put((byte) relative).array();
        }
        switch (branch.kind()) {
            case JUMP -> bytes.put((byte) 0xe9);
            case JUMP_IF -> bytes.put((byte) 0x0f).put((byte) (0x80 | branch.operand()));
            case CALL -> bytes.put((byte) 0xe8);
            default -> {
                int n = branch.operand();
                bytes.put((byte) (n >= 8 ? 0x4c : 0x48)).put((byte) 0x8d).put((byte) ((n & 7) << 3 | 5));
            }
        }
        return bytes.putInt(relative).array();
    }

    private void conditional(Compare compare, Label target) {
        int condition = switch (compare) {
            case EQ -> 4;
            case NE -> 5;
            case LT -> 12;
            case GE -> 13;
            case LO -> 2;
            case HS -> 3;
        };
        branch(JUMP_IF, condition, 6, target);
    }

    private void shift(int extension, Reg to, int count) {
        int n = number(to.general());
        rex(true, 0, n, false);
        emit8(0xc1);
        modrm(3, extension, n);
        emit8(count);
    }

    private void registers(int opcode, Reg reg, Reg rm) {
        rex(true, number(reg), number(rm), false);
        emit8(opcode);
        modrm(3, number(reg), number(rm));
    }

    private void immediate(int extension, Reg to, int value) {
        int n = number(to);
        rex(true, 0, n, false);
        boolean small = (byte) value == value;
        emit8(small ? 0x83 : 0x81);
        modrm(3, extension, n);
        if (small) {
            emit8(value);
        } else {
            emit32(value);
        }
    }

    private void memory(int reg, int base, int offset) {
        boolean none = offset == 0 && (base & 7) != 5;
        boolean small = (byte) offset == offset;
        modrm(none ? 0 : small ? 1 : 2, reg, base);
        if ((base & 7) == 4) {
            emit8(0x24);
        }
        if (none) {
            return;
        }
        if (small) {
            emit8(offset);
        } else {
            emit32(offset);
        }
    }

    private void modrm(int mod, int reg, int rm) {
        emit8(mod << 6 | (reg & 7) << 3 | rm & 7);
    }

    /** A REX prefix where one is needed; {@code always} is for the low bytes of rsi and rdi. */
    private void rex(boolean wide, int reg, int rm, boolean always) {
        int prefix = 0x40 | (wide ? 8 : 0) | (reg >= 8 ? 4 : 0) | (rm >= 8 ? 1 : 0);
        if (prefix != 0x40 || always) {
            emit8(prefix);
        }
    }
}
