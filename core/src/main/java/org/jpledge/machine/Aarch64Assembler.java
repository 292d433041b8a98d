package org.jpledge.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** AArch64, little endian. Encodings: Arm ARM, chapter C6. */
final class Aarch64Assembler extends Assembler {
    private static final int INSTRUCTION = 4;
    private static final int BRANCH26 = 0;
    private static final int BRANCH19 = 1;
    private static final int ADR21 = 2;
    private static final int ZERO = 31;

    private static int general(Reg reg) {
        return number(reg.general());
    }

    private static int number(Reg reg) {
        return switch (reg) {
            case A0, RESULT -> 0;
            case A1 -> 1;
            case A2 -> 2;
            case A3 -> 3;
            case A4 -> 4;
            case A5 -> 5;
            case NR -> 8;
            case T0 -> 9;
            case T1 -> 10;
            case S0 -> 19;
            case S1 -> 20;
            case S2 -> 21;
            case S3 -> 22;
            case S4 -> 23;
            case S5 -> 24;
            case SP -> 31;
        };
    }

    @Override
    public void set(Reg to, long value) {
        int d = general(to);
        boolean inverted = value < 0 && value >= -0x10000;
        if (inverted) {
            emit32(0x92800000 | (int) (~value & 0xffff) << 5 | d); // movn
            return;
        }
        emit32(0xd2800000 | (int) (value & 0xffff) << 5 | d); // movz
        for (int shift = 1; shift < 4; shift++) {
            int part = (int) (value >>> (16 * shift) & 0xffff);
            if (part != 0) {
                emit32(0xf2800000 | shift << 21 | part << 5 | d); // movk
            }
        }
    }

    @Override
    public void move(Reg to, Reg from) {
        if (to == Reg.SP || from == Reg.SP) {
            emit32(0x91000000 | number(from) << 5 | number(to)); // add to, from, #0
        } else {
            emit32(0xaa000000 | number(from) << 16 | ZERO << 5 | number(to)); // orr to, xzr, from
        }
    }

    @Override
    public void address(Reg to, Label label) {
        branch(ADR21, 0x10000000 | general(to), INSTRUCTION, label);
    }

    @Override
    public void load(Size size, Reg to, Reg base, int offset) {
        memory(size, 1, to, base, offset);
    }

    @Override
    public void store(Size size, Reg base, int offset, Reg from) {
        memory(size, 0, from, base, offset);
    }

    @Override
    void addConstant(Reg to, int value) {
        int d = number(to);
        int magnitude = Math.abs(value);
        int opcode = (value < 0 ? 0xd1000000 : 0x91000000) | d << 5 | d;
        int high = magnitude >>> 12;
        int low = magnitude & 0xfff;
        if (high != 0) {
            emit32(opcode | 1 << 22 | high << 10);
        }
        if (low != 0 || high == 0) {
            emit32(opcode | low << 10);
        }
    }

    @Override
    public void add(Reg to, Reg value) {
        threeRegisters(0x8b000000, to, value);
    }

    @Override
    public void subtract(Reg to, Reg value) {
        threeRegisters(0xcb000000, to, value);
    }

    @Override
    public void or(Reg to, Reg value) {
        threeRegisters(0xaa000000, to, value);
    }

    @Override
    void shift(Reg to, int count) {
        int d = general(to);
        emit32(0xd3400000 | (64 - count & 63) << 16 | 63 - count << 10 | d << 5 | d); // ubfm
    }

    @Override
    void extract(Reg to, Reg from, int first, int count) {
        emit32(0xd3400000 | first << 16 | first + count - 1 << 10 | general(from) << 5 | general(to)); // ubfm
    }

    @Override
    public void jump(Label target) {
        branch(BRANCH26, 0x14000000, INSTRUCTION, target);
    }

    @Override
    public void jumpIf(Reg left, Compare compare, long right, Label target) {
        if (right >= 0 && right < 4096) {
            emit32(0xf1000000 | (int) right << 10 | general(left) << 5 | ZERO); // cmp
            conditional(compare, target);
        } else if (right < 0 && right > -4096) {
            emit32(0xb1000000 | (int) -right << 10 | general(left) << 5 | ZERO); // cmn
            conditional(compare, target);
        } else {
            Reg constant = scratch(left);
            set(constant, right);
            jumpIf(left, compare, constant, target);
        }
    }

    @Override
    public void jumpIf(Reg left, Compare compare, Reg right, Label target) {
        emit32(0xeb000000 | general(right) << 16 | general(left) << 5 | ZERO);
        conditional(compare, target);
    }

    @Override
    public void call(Label target) {
        branch(BRANCH26, 0x94000000, INSTRUCTION, target);
    }

    @Override
    public void enter() {
        emit32(0xf81f0ffe); // str x30, [sp, #-16]!
    }

    @Override
    public void leave() {
        emit32(0xf84107fe); // ldr x30, [sp], #16
        emit32(0xd65f03c0); // ret
    }

    @Override
    public void syscall() {
        emit32(0xd4000001);
    }

    @Override
    public void count(Reg to, Reg base) {
        int n = general(to);
        int b = general(base);
        emit32(0xc85ffc00 | b << 5 | n); // ldaxr to, [base]
        emit32(0x91000410 | n << 5); // add x16, to, #1
        emit32(0xc811fc10 | b << 5); // stlxr w17, x16, [base]
        emit32(0x35ffffb1); // cbnz w17, back to the first
    }

    @Override
    public void breakpoint() {
        emit32(0xd4200000);
    }

    @Override
    int saving(Branch branch, int distance) {
        return 0;
    }

    @Override
    byte[] encode(Branch branch, boolean near, int distance) {
        int place = switch (branch.kind()) {
            case BRANCH26 -> field(distance >> 2, 26);
            case BRANCH19 -> field(distance >> 2, 19) << 5;
            default -> (distance & 3) << 29 | field(distance >> 2, 19) << 5;
        };
        return ByteBuffer.allocate(INSTRUCTION)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(branch.operand() | place)
                .array();
    }

    private static int field(int distance, int bits) {
        int limit = 1 << bits - 1;
        if (distance < -limit || distance >= limit) {
            throw new IllegalStateException("label out of reach, " + 4L * distance + " bytes away");
        }
        return distance & (limit << 1) - 1;
    }

    private void conditional(Compare compare, Label target) {
        int condition = switch (compare) {
            case EQ -> 0;
            case NE -> 1;
            case HS -> 2;
            case LO -> 3;
            case GE -> 10;
            case LT -> 11;
        };
        branch(BRANCH19, 0x54000000 | condition, INSTRUCTION, target);
    }

    private void threeRegisters(int opcode, Reg to, Reg value) {
        emit32(opcode | general(value) << 16 | general(to) << 5 | general(to));
    }

    private void memory(Size size, int load, Reg value, Reg base, int offset) {
        int scale = Integer.numberOfTrailingZeros(size.bytes());
        int common = scale << 30 | load << 22 | number(base) << 5 | general(value);
        if (offset >= 0 && offset % size.bytes() == 0 && offset >> scale < 4096) {
            emit32(0x39000000 | common | offset >> scale << 10);
        } else if (offset >= -256 && offset < 256) {
            emit32(0x38000000 | common | (offset & 0x1ff) << 12);
        } else {
            Reg index = load == 1 ? scratch(base) : scratch(base, value);
            set(index, offset);
            emit32(0x38206800 | common | number(index) << 16);
        }
    }
}
