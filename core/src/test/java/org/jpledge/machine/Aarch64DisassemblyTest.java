package org.jpledge.machine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every operation, register and class of constants on aarch64, read back by a disassembler. */
class Aarch64DisassemblyTest {
    private static final Pattern CONSTANT = Pattern.compile("mov (x\\d+), #(-?\\d+)");
    private static final Pattern PART = Pattern.compile("movk (x\\d+), #(\\d+)(?:, lsl #(\\d+))?");

    private final Disassembler disassembler = Disassembler.aarch64();
    private final Assembler assembler = Assembler.aarch64();
    private final Listing listing = new Listing(assembler);

    /** The registers of Linux's system calls on aarch64, and ours. */
    private static String x(Reg reg) {
        return switch (reg) {
            case A0, RESULT -> "x0";
            case A1 -> "x1";
            case A2 -> "x2";
            case A3 -> "x3";
            case A4 -> "x4";
            case A5 -> "x5";
            case NR -> "x8";
            case T0 -> "x9";
            case T1 -> "x10";
            case S0 -> "x19";
            case S1 -> "x20";
            case S2 -> "x21";
            case S3 -> "x22";
            case S4 -> "x23";
            case S5 -> "x24";
            case SP -> "sp";
        };
    }

    private static String condition(Compare compare) {
        return switch (compare) {
            case EQ -> "b.eq";
            case NE -> "b.ne";
            case LT -> "b.lt";
            case GE -> "b.ge";
            case LO -> "b.cc";
            case HS -> "b.cs";
        };
    }

    @Test
    void setsConstants() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (long value : Samples.CONSTANTS) {
                listing.add("set " + to + " " + value, () -> assembler.set(to, value), "set " + x(to) + " " + value);
            }
        }
        check();
    }

    @Test
    void movesAndComputesWithRegisters() throws IOException {
        for (Reg from : Reg.values()) {
            for (Reg to : Reg.values()) {
                listing.add("move", () -> assembler.move(to, from), "mov " + x(to) + ", " + x(from));
            }
        }
        for (Reg to : Samples.GENERAL) {
            for (Reg value : Samples.GENERAL) {
                String operands = " " + x(to) + ", " + x(to) + ", " + x(value);
                listing.add("add", () -> assembler.add(to, value), "add" + operands);
                listing.add("subtract", () -> assembler.subtract(to, value), "sub" + operands);
                listing.add("or", () -> assembler.or(to, value), "orr" + operands);
            }
        }
        check();
    }

    @Test
    void countsWithOtherThreads() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (Reg base : Samples.GENERAL) {
                listing.add(
                        "count " + to + " " + base,
                        () -> assembler.count(to, base),
                        "ldaxr " + x(to) + ", [" + x(base) + "]",
                        "add x16, " + x(to) + ", #1",
                        "stlxr w17, x16, [" + x(base) + "]",
                        "cbnz w17, " + assembler.length());
            }
        }
        check();
    }

    @Test
    void addsConstants() throws IOException {
        for (Reg to : Reg.values()) {
            for (int value : Samples.ADDENDS) {
                String start = (value < 0 ? "sub " : "add ") + x(to) + ", " + x(to) + ", #";
                int low = Math.abs(value) % 4096;
                int high = Math.abs(value) / 4096;
                List<String> text = new ArrayList<>();
                if (high != 0) {
                    text.add(start + high + ", lsl #12");
                }
                if (low != 0 || high == 0) {
                    // An addition of zero to or from the stack pointer is what a move of it is.
                    text.add(to == Reg.SP && value == 0 ? "mov sp, sp" : start + low);
                }
                listing.add("add " + to + " " + value, () -> assembler.add(to, value), text.toArray(String[]::new));
            }
        }
        check();
    }

    @Test
    void shiftsAndExtractsBits() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (int count = 0; count < 64; count++) {
                int bits = count;
                // A shift by nothing is one to the right as much as to the left.
                String shift = bits == 0 ? "lsr " : "lsl ";
                listing.add(
                        "shiftLeft " + to + " " + bits,
                        () -> assembler.shiftLeft(to, bits),
                        shift + x(to) + ", " + x(to) + ", #" + bits);
            }
        }
        for (Reg to : Samples.GENERAL) {
            for (Reg from : List.of(to, Reg.A3, Reg.NR, Reg.S5)) {
                for (int first : new int[] {0, 1, 7, 8, 31, 32, 33, 63}) {
                    for (int count = 1; count <= Math.min(31, 64 - first); count++) {
                        int width = count;
                        listing.add(
                                "bits " + to + " " + from + " " + first + " " + width,
                                () -> assembler.bits(to, from, first, width),
                                field(to, from, first, width));
                    }
                }
            }
        }
        check();
    }

    private static String field(Reg to, Reg from, int first, int width) {
        String operands = " " + x(to) + ", " + x(from) + ", #" + first;
        // Up to the highest bit it is an ordinary shift.
        return first + width == 64 ? "lsr" + operands : "ubfx" + operands + ", #" + width;
    }

    @Test
    void loadsAndStores() throws IOException {
        for (Size size : Size.values()) {
            for (Reg value : Samples.GENERAL) {
                for (Reg base : Reg.values()) {
                    for (int offset : Samples.OFFSETS) {
                        memory(size, value, base, offset);
                    }
                }
            }
        }
        check();
    }

    private void memory(Size size, Reg value, Reg base, int offset) {
        String width = switch (size) {
            case BYTE -> "b w";
            case HALF -> "h w";
            case WORD -> " w";
            case LONG -> " x";
        };
        String name = width + x(value).substring(1) + ", [" + x(base);
        boolean scaled = offset >= 0 && offset % size.bytes() == 0 && offset / size.bytes() < 4096;
        boolean unscaled = !scaled && offset >= -256 && offset < 256;
        String operation = size + " " + value + " " + base + " " + offset;
        if (scaled || unscaled) {
            String middle = unscaled ? "ur" : "r";
            String rest = name + (offset == 0 ? "]" : ", #" + offset + "]");
            listing.add("load " + operation, () -> assembler.load(size, value, base, offset), "ld" + middle + rest);
            listing.add("store " + operation, () -> assembler.store(size, base, offset, value), "st" + middle + rest);
            return;
        }
        String constant = "set x10 " + offset;
        String indexed = name + ", x10]";
        if (base == Reg.T1) {
            assertThatThrownBy(() -> assembler.load(size, value, base, offset))
                    .isInstanceOf(IllegalArgumentException.class);
        } else {
            listing.add(
                    "load " + operation, () -> assembler.load(size, value, base, offset), constant, "ldr" + indexed);
        }
        if (base == Reg.T1 || value == Reg.T1) {
            assertThatThrownBy(() -> assembler.store(size, base, offset, value))
                    .isInstanceOf(IllegalArgumentException.class);
        } else {
            listing.add(
                    "store " + operation, () -> assembler.store(size, base, offset, value), constant, "str" + indexed);
        }
    }

    @Test
    void jumpsBothWaysToWhereTheLabelIs() throws IOException {
        Label before = assembler.here();
        Label after = assembler.label();
        List<Runnable> pending = new ArrayList<>();
        int end = 4 * jumps(before, 0, pending);
        int last = 2 * end;
        jumps(after, last, pending);
        pending.forEach(Runnable::run);
        assembler.bind(after);
        listing.add("the last label", assembler::breakpoint, "brk #0");
        check();
    }

    /** Collects one of each jump to a target whose offset is known, and returns how many instructions they are. */
    private int jumps(Label target, int offset, List<Runnable> pending) {
        int count = 0;
        for (Compare compare : Compare.values()) {
            String jump = condition(compare) + " " + offset;
            for (Reg left : Samples.GENERAL) {
                for (long right : new long[] {0, 1, 4095, -1, -4095}) {
                    String comparison = (right < 0 ? "cmn " : "cmp ") + x(left) + ", #" + Math.abs(right);
                    pending.add(() -> listing.add(
                            "jumpIf", () -> assembler.jumpIf(left, compare, right, target), comparison, jump));
                    count += 2;
                }
                if (left == Reg.T1) {
                    continue;
                }
                // One instruction for the constant, too.
                for (long right : new long[] {4096, 0xffff, -4096, -0x10000}) {
                    pending.add(() -> listing.add(
                            "jumpIf",
                            () -> assembler.jumpIf(left, compare, right, target),
                            "set x10 " + right,
                            "cmp " + x(left) + ", x10",
                            jump));
                    count += 3;
                }
                for (Reg right : Samples.GENERAL) {
                    pending.add(() -> listing.add(
                            "jumpIf",
                            () -> assembler.jumpIf(left, compare, right, target),
                            "cmp " + x(left) + ", " + x(right),
                            jump));
                    count += 2;
                }
            }
        }
        for (Reg to : Samples.GENERAL) {
            pending.add(
                    () -> listing.add("address", () -> assembler.address(to, target), "adr " + x(to) + ", " + offset));
            count++;
        }
        pending.add(() -> listing.add("jump", () -> assembler.jump(target), "b " + offset));
        pending.add(() -> listing.add("call", () -> assembler.call(target), "bl " + offset));
        return count + 2;
    }

    @Test
    void aLabelAtAnyByteHasAnAddress() throws IOException {
        Label first = assembler.label();
        Label second = assembler.label();
        listing.add("address", () -> assembler.address(Reg.A0, first), "adr x0, 13");
        listing.add("address", () -> assembler.address(Reg.S5, second), "adr x24, 18");
        listing.add("breakpoint", assembler::breakpoint, "brk #0");
        listing.add("data", () -> assembler.data(new byte[] {0}));
        assembler.bind(first);
        listing.add("data", () -> assembler.data(new byte[] {0, 0, 0}), "udf #0");
        listing.add("data", () -> assembler.data(new byte[] {0, 0}));
        assembler.bind(second);
        listing.add("align", () -> assembler.align(4), "udf #0");
        check();
    }

    @Test
    void callsAndReturns() throws IOException {
        listing.add("enter", assembler::enter, "str x30, [sp, #-16]!");
        listing.add("leave", assembler::leave, "ldr x30, [sp], #16", "ret");
        listing.add("syscall", assembler::syscall, "svc #0");
        listing.add("syscall 277", () -> assembler.syscall(277), "set x8 277", "svc #0");
        listing.add("breakpoint", assembler::breakpoint, "brk #0");
        check();
    }

    private void check() throws IOException {
        listing.check(disassembler, Aarch64DisassemblyTest::folded);
    }

    /** Puts together what sets one register to one constant. */
    private static List<Disassembler.Instruction> folded(List<Disassembler.Instruction> instructions) {
        List<Disassembler.Instruction> folded = new ArrayList<>();
        for (int i = 0; i < instructions.size(); i++) {
            Disassembler.Instruction first = instructions.get(i);
            Matcher constant = CONSTANT.matcher(first.text());
            if (!constant.matches()) {
                folded.add(first);
                continue;
            }
            long value = Long.parseLong(constant.group(2));
            while (i + 1 < instructions.size()) {
                Matcher part = PART.matcher(instructions.get(i + 1).text());
                if (!part.matches() || !part.group(1).equals(constant.group(1))) {
                    break;
                }
                int shift = part.group(3) == null ? 0 : Integer.parseInt(part.group(3));
                value = value & ~(0xffffL << shift) | Long.parseLong(part.group(2)) << shift;
                i++;
            }
            folded.add(new Disassembler.Instruction(first.offset(), "set " + constant.group(1) + " " + value));
        }
        return folded;
    }
}
