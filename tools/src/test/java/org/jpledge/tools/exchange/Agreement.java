package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Verifier;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;

/** Holds a compiled filter against a second reading of the file that it came from. */
final class Agreement {
    private static final long SEED = 20261123;
    private static final int MOST = 20_000;
    private static final int BEYOND = 40;

    private final Arch arch;
    private final Program program;
    private int calls;

    private Agreement(Arch arch, Program program) {
        this.arch = arch;
        this.program = program;
    }

    /** Asks both about every number and every combination of boundary values, or a part of them where they are many; returns a line of figures. */
    static String check(Filter filter, Arch arch, DirectReading reading) {
        Program program = Compiler.compile(filter).bind(new Identity(1, 0, 0));
        assertThat(Verifier.prove(filter, Compiler.compile(filter), new Identity(1, 0, 0))
                        .findings())
                .isEmpty();
        Agreement agreement = new Agreement(arch, program);
        int named = 0;
        int remembered = 0;
        for (int number : SyscallTable.of(arch).byNumber().keySet()) {
            agreement.call(number, reading);
            named++;
            remembered += ActionCache.allows(program, arch.audit(), number) ? 1 : 0;
        }
        int highest = SyscallTable.of(arch).highest();
        for (int number = highest + 1; number < highest + BEYOND; number++) {
            agreement.call(number, reading);
        }
        Interpreter interpreter = new Interpreter(program);
        int foreign = arch == Arch.S390X ? Arch.RISCV64.audit() : Arch.S390X.audit();
        assertThat(interpreter.run(SeccompData.of(0, foreign), arch.order()).value())
                .isEqualTo(filter.foreign().encoded());
        if (arch == Arch.X86_64) {
            int x32 = interpreter
                    .run(SeccompData.of(Filter.X32, arch.audit()), arch.order())
                    .value();
            assertThat(x32).isEqualTo(filter.foreign().encoded()).isNotEqualTo(Action.ALLOW.encoded());
        }
        return arch.label() + ": " + program.length() + " instructions, " + remembered + " of " + named
                + " calls remembered as allowed, " + agreement.calls + " calls compared";
    }

    private void call(int number, DirectReading reading) {
        List<List<Long>> values = new ArrayList<>();
        long combinations = 1;
        for (int argument = 0; argument < SeccompData.ARGUMENTS; argument++) {
            values.add(reading.boundary(number, argument));
            combinations *= values.getLast().size();
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED + number);
        Interpreter interpreter = new Interpreter(program);
        long[] args = new long[SeccompData.ARGUMENTS];
        for (long i = 0; i < Math.min(combinations, MOST); i++) {
            long rest = i;
            for (int j = 0; j < args.length; j++) {
                List<Long> of = values.get(j);
                args[j] = of.get((int) (combinations > MOST ? random.nextInt(of.size()) : rest % of.size()));
                rest /= of.size();
            }
            int answer = interpreter
                    .run(SeccompData.of(number, arch.audit(), args), arch.order())
                    .value();
            calls++;
            if (answer != reading.decide(number, args)) {
                throw new AssertionError(SyscallTable.of(arch).name(number).orElse("") + " " + number + " "
                        + Arrays.toString(args) + ": the program says 0x" + Integer.toHexString(answer)
                        + ", the file 0x" + Integer.toHexString(reading.decide(number, args)));
            }
        }
    }
}
