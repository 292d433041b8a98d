package org.jpledge.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every operation, register and class of constants on x86-64, read back by a disassembler. */
class X8664DisassemblyTest {
    private static final Pattern CONSTANT = Pattern.compile("(?:mov|movabs) (r\\w+|e\\w+),(-?\\d+)");
    private static final Pattern PUSH = Pattern.compile("push (-?\\d+)");
    private static final Pattern ZERO = Pattern.compile("xor (e\\w\\w|r\\d+d),\\1");

    private final Disassembler disassembler = Disassembler.x8664();
    private final Assembler assembler = Assembler.x8664();
    private final Listing listing = new Listing(assembler);

    /** The registers of Linux's system calls on x86-64, and ours. */
    private static String r(Reg reg) {
        return switch (reg) {
            case A0 -> "rdi";
            case A1 -> "rsi";
            case A2 -> "rdx";
            case A3 -> "r10";
            case A4 -> "r8";
            case A5 -> "r9";
            case NR, RESULT -> "rax";
            case T0 -> "rcx";
            case T1 -> "r11";
            case S0 -> "rbx";
            case S1 -> "rbp";
            case S2 -> "r12";
            case S3 -> "r13";
            case S4 -> "r14";
            case S5 -> "r15";
            case SP -> "rsp";
        };
    }

    private static boolean numbered(String name) {
        return Character.isDigit(name.charAt(1));
    }

    private static String narrow(String name, Size size) {
        if (numbered(name)) {
            return switch (size) {
                case BYTE -> name + "b";
                case HALF -> name + "w";
                case WORD -> name + "d";
                case LONG -> name;
            };
        }
        boolean letter = name.endsWith("x");
        return switch (size) {
            case BYTE -> letter ? name.charAt(1) + "l" : name.substring(1) + "l";
            case HALF -> name.substring(1);
            case WORD -> "e" + name.substring(1);
            case LONG -> name;
        };
    }

    private static String condition(Compare compare) {
        return switch (compare) {
            case EQ -> "je";
            case NE -> "jne";
            case LT -> "jl";
            case GE -> "jge";
            case LO -> "jb";
            case HS -> "jae";
        };
    }

    @Test
    void setsConstants() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (long value : Samples.CONSTANTS) {
                listing.add("set " + to + " " + value, () -> assembler.set(to, value), "set " + r(to) + " " + value);
            }
        }
        check();
    }

    @Test
    void movesAndComputesWithRegisters() throws IOException {
        for (Reg from : Reg.values()) {
            for (Reg to : Reg.values()) {
                listing.add("move", () -> assembler.move(to, from), "mov " + r(to) + "," + r(from));
            }
        }
        for (Reg to : Samples.GENERAL) {
            for (Reg value : Samples.GENERAL) {
                String operands = " " + r(to) + "," + r(value);
                listing.add("add", () -> assembler.add(to, value), "add" + operands);
                listing.add("subtract", () -> assembler.subtract(to, value), "sub" + operands);
                listing.add("or", () -> assembler.or(to, value), "or" + operands);
            }
        }
        check();
    }

    @Test
    void countsWithOtherThreads() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (Reg base : Samples.GENERAL) {
                String place = r(base).equals("rbp") || r(base).equals("r13") ? r(base) + "+0" : r(base);
                listing.add(
                        "count " + to + " " + base,
                        () -> assembler.count(to, base),
                        "set " + r(to) + " 1",
                        "lock xadd QWORD PTR [" + place + "]," + r(to));
            }
        }
        check();
    }

    @Test
    void addsConstants() throws IOException {
        for (Reg to : Reg.values()) {
            for (int value : Samples.ADDENDS) {
                listing.add("add " + to + " " + value, () -> assembler.add(to, value), "add " + r(to) + "," + value);
            }
        }
        check();
    }

    @Test
    void shiftsAndExtractsBits() throws IOException {
        for (Reg to : Samples.GENERAL) {
            for (int count = 0; count < 64; count++) {
                int bits = count;
                listing.add(
                        "shiftLeft " + to + " " + bits,
                        () -> assembler.shiftLeft(to, bits),
                        "shl " + r(to) + "," + bits);
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

    private static String[] field(Reg to, Reg from, int first, int width) {
        List<String> text = new ArrayList<>();
        if (from != to) {
            text.add("mov " + r(to) + "," + r(from));
        }
        if (first != 0) {
            text.add("shr " + r(to) + "," + first);
        }
        text.add("and " + r(to) + "," + ((1L << width) - 1));
        return text.toArray(String[]::new);
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
            case BYTE -> "BYTE";
            case HALF -> "WORD";
            case WORD -> "DWORD";
            case LONG -> "QWORD";
        };
        boolean needsOffset = offset != 0 || base == Reg.S1 || base == Reg.S3;
        String place = width + " PTR [" + r(base) + (needsOffset ? (offset < 0 ? "" : "+") + offset : "") + "]";
        String load = switch (size) {
            case BYTE, HALF -> "movzx " + narrow(r(value), Size.WORD);
            case WORD, LONG -> "mov " + narrow(r(value), size);
        };
        String operation = size + " " + value + " " + base + " " + offset;
        listing.add("load " + operation, () -> assembler.load(size, value, base, offset), load + "," + place);
        listing.add(
                "store " + operation,
                () -> assembler.store(size, base, offset, value),
                "mov " + place + "," + narrow(r(value), size));
    }

    @Test
    void jumpsBothWaysToWhereTheLabelIs() throws IOException {
        // Where the labels are is known only when every jump has got its length: so once to measure, once to compare.
        int end = emitJumps(new Listing(Assembler.x8664()), 0);
        assertThat(emitJumps(listing, end)).isEqualTo(end);
        check();
    }

    private static int emitJumps(Listing listing, int end) {
        Assembler assembler = listing.assembler();
        jumps(listing, assembler.here(), 0);
        Label after = assembler.label();
        jumps(listing, after, end);
        assembler.bind(after);
        listing.add("the last label", assembler::breakpoint, "int3");
        return assembler.assemble().length - 1;
    }

    @Test
    void aJumpIsShortExactlyWhereItsTargetIsNear() {
        for (int between : new int[] {0, 126, 127, 128, 200}) {
            Assembler forward = Assembler.x8664();
            Label after = forward.label();
            forward.jump(after);
            forward.data(new byte[between]);
            forward.bind(after);
            // A few bytes of the reach are left unused: from the beginning of the instruction, not from its end.
            assertThat(forward.assemble()).hasSize(between + (between <= 125 ? 2 : 5));
            Assembler backward = Assembler.x8664();
            Label before = backward.here();
            backward.data(new byte[between]);
            backward.jumpIf(Reg.A0, Compare.EQ, Reg.A1, before);
            assertThat(backward.assemble()).hasSize(between + 3 + (between <= 123 ? 2 : 6));
        }
    }

    private static void jumps(Listing listing, Label target, int offset) {
        Assembler assembler = listing.assembler();
        for (Compare compare : Compare.values()) {
            String jump = condition(compare) + " " + offset;
            for (Reg left : Samples.GENERAL) {
                for (long right : new long[] {0, 1, 127, 128, 0x7fffffff, -1, -128, -129, -0x80000000L}) {
                    listing.add(
                            "jumpIf",
                            () -> assembler.jumpIf(left, compare, right, target),
                            right == 0 && compare != Compare.LO && compare != Compare.HS
                                    ? "test " + r(left) + "," + r(left)
                                    : "cmp " + r(left) + "," + right,
                            jump);
                }
                if (left == Reg.T1) {
                    continue;
                }
                for (long right : new long[] {0x80000000L, 0xffffffffL, 1L << 32, Long.MIN_VALUE, -0x80000001L}) {
                    listing.add(
                            "jumpIf",
                            () -> assembler.jumpIf(left, compare, right, target),
                            "set r11 " + right,
                            "cmp " + r(left) + ",r11",
                            jump);
                }
                for (Reg right : Samples.GENERAL) {
                    listing.add(
                            "jumpIf",
                            () -> assembler.jumpIf(left, compare, right, target),
                            "cmp " + r(left) + "," + r(right),
                            jump);
                }
            }
        }
        for (Reg to : Samples.GENERAL) {
            listing.add("address", () -> assembler.address(to, target), "lea " + r(to) + ",[" + offset + "]");
        }
        listing.add("jump", () -> assembler.jump(target), "jmp " + offset);
        listing.add("call", () -> assembler.call(target), "call " + offset);
    }

    @Test
    void callsAndReturns() throws IOException {
        listing.add("enter", assembler::enter);
        listing.add("leave", assembler::leave, "ret");
        listing.add("syscall", assembler::syscall, "syscall");
        listing.add("syscall 317", () -> assembler.syscall(317), "set rax 317", "syscall");
        listing.add("breakpoint", assembler::breakpoint, "int3");
        check();
    }

    private void check() throws IOException {
        listing.check(disassembler, X8664DisassemblyTest::folded);
    }

    /** What sets a register to a constant, whatever its form: writing a 32-bit register zeroes the upper half. */
    private static List<Disassembler.Instruction> folded(List<Disassembler.Instruction> instructions) {
        List<Disassembler.Instruction> folded = new ArrayList<>();
        for (int i = 0; i < instructions.size(); i++) {
            Disassembler.Instruction instruction = instructions.get(i);
            Matcher pushed = PUSH.matcher(instruction.text());
            if (pushed.matches()) {
                i++;
                String name = instructions.get(i).text().substring("pop ".length());
                folded.add(set(instruction, name, Long.parseLong(pushed.group(1))));
                continue;
            }
            Matcher zero = ZERO.matcher(instruction.text());
            Matcher constant = CONSTANT.matcher(instruction.text());
            if (zero.matches()) {
                folded.add(set(instruction, zero.group(1), 0));
            } else if (constant.matches()) {
                folded.add(set(instruction, constant.group(1), Long.parseLong(constant.group(2))));
            } else {
                folded.add(instruction);
            }
        }
        return folded;
    }

    private static Disassembler.Instruction set(Disassembler.Instruction from, String name, long value) {
        boolean half = name.startsWith("e") || name.matches("r\\d+d");
        String whole =
                name.startsWith("e") ? "r" + name.substring(1) : half ? name.substring(0, name.length() - 1) : name;
        return new Disassembler.Instruction(from.offset(), "set " + whole + " " + (half ? value & 0xffffffffL : value));
    }
}
