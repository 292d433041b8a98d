package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What this room says about programs is what the running kernel does with them. */
class KernelTest {
    /** A number that is no system call: let through, it ends with ENOSYS. */
    private static final int NUMBER = 999;

    private static final int ENOSYS = 38;
    private static final int EINVAL = 22;
    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private static @Nullable RunningKernel running;

    @BeforeAll
    static void start() throws IOException {
        running = RunningKernel.start();
    }

    @AfterAll
    static void stop() throws IOException {
        if (running != null) {
            running.close();
        }
    }

    private static RunningKernel kernel() {
        return Objects.requireNonNull(running);
    }

    private static boolean accepts(byte[] program) throws IOException {
        int errno = kernel().accepts(program);
        assertThat(errno).isIn(0, EINVAL);
        return errno == 0;
    }

    @Test
    void theKernelAcceptsWhatIsValidAndNothingElse() throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(30);
        int accepted = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] program = randomBytes(random);
            boolean valid = isValid(program);
            assertThat(accepts(program)).as(() -> text(program)).isEqualTo(valid);
            accepted += valid ? 1 : 0;
        }
        assertThat(accepted).isBetween(300, 2700);
    }

    @Test
    void everyOpcodeIsJudgedAsTheKernelDoes() throws IOException {
        for (int code = 0; code < 0x200; code++) {
            byte[] program = ByteBuffer.allocate(24)
                    .order(ORDER)
                    .putShort((short) 2)
                    .putShort((short) 0)
                    .putInt(0)
                    .putShort((short) code)
                    .putShort((short) 0)
                    .putInt(0)
                    .putShort((short) 6)
                    .putShort((short) 0)
                    .putInt(0)
                    .array();
            int opcode = code;
            assertThat(accepts(program))
                    .as(() -> "opcode 0x" + Integer.toHexString(opcode))
                    .isEqualTo(isValid(program));
        }
    }

    @Test
    void lengthsAreJudgedAsTheKernelDoes() throws IOException {
        assertThat(accepts(new byte[0])).isFalse();
        List<Insn> insns = Collections.nCopies(4096, new Insn.Return(ALLOW));
        byte[] most = new Program(insns).encode(ORDER);
        assertThat(accepts(most)).isTrue();
        byte[] more = Arrays.copyOf(most, most.length + 8);
        System.arraycopy(most, 0, more, most.length, 8);
        assertThat(accepts(more)).isFalse();
    }

    private static boolean isValid(byte[] program) {
        try {
            Program.decode(program, ORDER);
            return true;
        } catch (InvalidProgramException e) {
            return false;
        }
    }

    private static String text(byte[] program) {
        StringBuilder text = new StringBuilder();
        ByteBuffer bytes = ByteBuffer.wrap(program).order(ORDER);
        while (bytes.hasRemaining()) {
            text.append(String.format(
                    "{0x%02x, %d, %d, 0x%x} ", bytes.getShort(), bytes.get(), bytes.get(), bytes.getInt()));
        }
        return text.toString();
    }

    /** Mostly allowed opcodes with constants at the edge of what is allowed, in short programs that mostly end with a ret. */
    private static byte[] randomBytes(RandomGenerator random) {
        int length = 1 + random.nextInt(7);
        ByteBuffer bytes = ByteBuffer.allocate(8 * length).order(ORDER);
        int[] codes = {
            0x00, 0x01, 0x02, 0x03, 0x60, 0x61, 0x02, 0x60, 0x80, 0x81, 0x20, 0x20, 0x04, 0x0c, 0x14, 0x24, 0x34, 0x3c,
            0x44, 0x54, 0x64, 0x6c, 0x74, 0x7c, 0xa4, 0xac, 0x84, 0x05, 0x05, 0x15, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d,
            0x45, 0x4d, 0x06, 0x16, 0x07, 0x87, 0x94, 0x28, 0x30, 0x40, 0xb1
        };
        int[] constants = {0, 1, 2, 3, 4, 15, 16, 31, 32, 60, 62, 63, 64, 65, 68, -1, -4, 0x7fffffff, 0x80000000};
        for (int i = 0; i < length; i++) {
            boolean last = i == length - 1;
            int code = last && random.nextInt(10) > 0
                    ? 6
                    : codes[random.nextInt(codes.length - (last ? 0 : 3 * random.nextInt(2)))];
            boolean jumps = (code & 7) == 5;
            int near = Math.max(1, length - i - 1);
            bytes.putShort((short) code)
                    .put((byte) (jumps && random.nextInt(6) > 0 ? random.nextInt(near) : random.nextInt(3)))
                    .put((byte) (jumps && random.nextInt(6) > 0 ? random.nextInt(near) : random.nextInt(3)))
                    .putInt(
                            random.nextInt(3) > 0
                                    ? constants[random.nextInt(jumps ? 3 : 8)]
                                    : constants[random.nextInt(constants.length)]);
        }
        return bytes.array();
    }

    @Test
    void programsRunInTheKernelAsInTheInterpreter() throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(31);
        List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            Program program = randomProgram(random);
            Interpreter interpreter = new Interpreter(program);
            long[][] calls = new long[20][SeccompData.ARGUMENTS];
            for (long[] call : calls) {
                for (int j = 0; j < call.length; j++) {
                    call[j] = interesting(random) | (random.nextBoolean() ? 0 : interesting(random) << 32);
                }
            }
            int[] errnos = kernel().run(program, NUMBER, calls);
            for (int j = 0; j < calls.length; j++) {
                long[] call = calls[j];
                int value = interpreter
                        .run(SeccompData.of(NUMBER, Arch.host().audit(), call), ORDER)
                        .value();
                int expected = value == ALLOW ? ENOSYS : Math.min(value & 0xffff, 4095);
                assertThat(errnos[j])
                        .as(() -> Disassembler.text(program, ORDER) + Arrays.toString(call))
                        .isEqualTo(expected);
                seen.add(expected);
            }
        }
        assertThat(seen.stream().distinct().count()).isGreaterThan(500);
    }

    private static long interesting(RandomGenerator random) {
        return Integer.toUnsignedLong(
                switch (random.nextInt(6)) {
                    case 0 -> 0;
                    case 1 -> -1;
                    case 2 -> random.nextInt(40);
                    case 3 -> Integer.MIN_VALUE + random.nextInt(3) - 1;
                    default -> random.nextInt();
                });
    }

    /** A program that lets all calls pass but one number, and answers that with an errno from a long calculation. */
    private static Program randomProgram(RandomGenerator random) {
        List<Insn> insns = new ArrayList<>();
        insns.add(new Insn.LoadWord(SeccompData.NR));
        insns.add(new Insn.JumpIf(Comparison.EQ, NUMBER, 1, 0));
        insns.add(new Insn.Return(ALLOW));
        for (int cell = 0; cell < Insn.SCRATCH_CELLS; cell++) {
            insns.add(new Insn.LoadWord(16 + 4 * random.nextInt(12)));
            insns.add(new Insn.StoreScratch(Register.A, cell));
        }
        int length = 10 + random.nextInt(50);
        for (int left = length; left > 0; left--) {
            insns.add(randomInsn(random, left));
        }
        // Nothing but an errno may come out: any other answer could end the thread.
        insns.add(new Insn.AluConstant(Alu.AND, 0xfff));
        insns.add(new Insn.AluConstant(Alu.OR, ERRNO));
        insns.add(new Insn.ReturnA());
        return new Program(insns);
    }

    private static Insn randomInsn(RandomGenerator random, int left) {
        int k = (int) interesting(random);
        Register register = random.nextBoolean() ? Register.A : Register.X;
        Alu alu = List.of(Alu.values()).get(random.nextInt(Alu.values().length));
        Comparison test = List.of(Comparison.values()).get(random.nextInt(Comparison.values().length));
        boolean shifts = alu == Alu.LSH || alu == Alu.RSH;
        return switch (random.nextInt(16)) {
            case 0, 1 -> new Insn.LoadWord(16 + 4 * random.nextInt(12));
            case 2 -> new Insn.LoadConstant(register, k);
            case 3 -> new Insn.LoadLength(register);
            case 4 -> new Insn.LoadScratch(register, random.nextInt(16));
            case 5 -> new Insn.StoreScratch(register, random.nextInt(16));
            case 6, 7 -> new Insn.AluConstant(alu, shifts ? k & 31 : k == 0 ? 1 : k);
            // Dividing by an X of zero ends the program with zero, and so the thread.
            case 8, 9 -> new Insn.AluX(alu == Alu.DIV ? Alu.XOR : alu);
            case 10 -> random.nextBoolean() ? new Insn.Negate() : new Insn.CopyAToX();
            case 11 -> new Insn.CopyXToA();
            case 12 -> new Insn.Jump(random.nextInt(Math.min(left, 6)));
            case 13 -> new Insn.JumpIfX(test, random.nextInt(Math.min(left, 6)), random.nextInt(Math.min(left, 6)));
            case 14 -> new Insn.JumpIf(test, k, random.nextInt(Math.min(left, 6)), random.nextInt(Math.min(left, 6)));
            default ->
                random.nextInt(6) == 0
                        ? new Insn.Return(random.nextBoolean() ? ALLOW : ERRNO | random.nextInt(5000))
                        : new Insn.Negate();
        };
    }

    @Test
    void theKernelCountsConvertedInstructions() throws IOException {
        List<List<Insn>> patterns = List.of(
                List.of(new Insn.LoadWord(16)),
                List.of(new Insn.JumpIf(Comparison.EQ, 1, 0, 1)),
                List.of(new Insn.JumpIf(Comparison.EQ, 1, 1, 0)),
                List.of(new Insn.JumpIf(Comparison.GE, 1, 0, 0)),
                List.of(new Insn.JumpIf(Comparison.GT, 1, 1, 1)),
                List.of(new Insn.JumpIf(Comparison.GT, -1, 0, 1)),
                List.of(new Insn.JumpIf(Comparison.SET, 1, 1, 0)),
                List.of(new Insn.JumpIf(Comparison.SET, 1, 0, 1)),
                List.of(new Insn.JumpIf(Comparison.SET, 0x80000000, 1, 1)),
                List.of(new Insn.JumpIfX(Comparison.EQ, 1, 1)),
                List.of(new Insn.Jump(0)),
                List.of(new Insn.Return(ALLOW)),
                List.of(new Insn.ReturnA()),
                List.of(new Insn.AluX(Alu.ADD), new Insn.AluConstant(Alu.ADD, -1), new Insn.Negate()),
                List.of(new Insn.LoadConstant(Register.X, 3), new Insn.AluX(Alu.DIV)),
                List.of(new Insn.CopyAToX(), new Insn.CopyXToA(), new Insn.LoadLength(Register.A)));
        for (List<Insn> pattern : patterns) {
            List<Insn> insns = new ArrayList<>();
            // Every call but the number nobody makes is let through before the pattern.
            insns.add(new Insn.LoadWord(SeccompData.NR));
            insns.add(new Insn.JumpIf(Comparison.EQ, NUMBER, 1, 0));
            insns.add(new Insn.Return(ALLOW));
            while (insns.size() < 900) {
                insns.addAll(pattern);
            }
            insns.add(new Insn.Return(ALLOW));
            insns.add(new Insn.Return(ALLOW));
            Program program = new Program(insns);
            // Each filter counts 4 more than its length, but for the newest.
            assertThat(kernel().capacity(program))
                    .as("%s", pattern)
                    .isEqualTo((32768 + 4) / (program.convertedLength() + 4));
        }
    }
}
