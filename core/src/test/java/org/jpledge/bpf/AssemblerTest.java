package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class AssemblerTest {
    private static final Insn LOAD = new Insn.LoadWord(0);

    @Test
    void labelsBecomeDistances() {
        Assembler asm = new Assembler();
        Label allow = asm.label();
        Label deny = asm.label();
        asm.emit(LOAD);
        asm.jumpIf(Comparison.EQ, 7, deny, allow);
        asm.place(allow);
        asm.emit(new Insn.Return(1));
        asm.place(deny);
        asm.emit(new Insn.Return(2));
        assertThat(asm.assemble().program().insns())
                .containsExactly(LOAD, new Insn.JumpIf(Comparison.EQ, 7, 1, 0), new Insn.Return(1), new Insn.Return(2));
    }

    @Test
    void aTargetInReachNeedsNoStandIn() {
        assertThat(farJump(255, true).length()).isEqualTo(1 + 1 + 255 + 2);
    }

    @Test
    void aRetOutOfReachIsCopied() {
        Program program = farJump(256, true);
        assertThat(program.length()).isEqualTo(1 + 1 + 1 + 256 + 2);
        assertThat(program.insns().get(1)).isEqualTo(new Insn.JumpIf(Comparison.EQ, 7, 0, 1));
        assertThat(program.insns().get(2)).isEqualTo(new Insn.Return(2));
        assertThat(run(program, 7)).isEqualTo(2);
        assertThat(run(program, 8)).isEqualTo(1);
    }

    @Test
    void aTargetOutOfReachThatIsNoRetIsJumpedTo() {
        Program program = farJump(256, false);
        assertThat(program.insns().get(2)).isInstanceOf(Insn.Jump.class);
        assertThat(run(program, 7)).isEqualTo(2);
        assertThat(run(program, 8)).isEqualTo(1);
    }

    /** A jump over a number of loads, whose target is the last ret or a load before it. */
    private static Program farJump(int over, boolean toRet) {
        Assembler asm = new Assembler();
        Label next = asm.label();
        Label far = asm.label();
        asm.emit(LOAD);
        asm.jumpIf(Comparison.EQ, 7, far, next);
        asm.place(next);
        for (int i = 0; i < over - 1; i++) {
            asm.emit(LOAD);
        }
        asm.emit(new Insn.Return(1));
        asm.place(far);
        if (!toRet) {
            asm.emit(LOAD);
        }
        asm.emit(new Insn.Return(2));
        if (toRet) {
            asm.emit(new Insn.Return(3));
        }
        return asm.assemble().program();
    }

    private static int run(Program program, int nr) {
        return new Interpreter(program)
                .run(SeccompData.of(nr, 0), ByteOrder.LITTLE_ENDIAN)
                .value();
    }

    @Test
    void bothTargetsMayBeOutOfReach() {
        Assembler asm = new Assembler();
        Label here = asm.label();
        Label yes = asm.label();
        Label no = asm.label();
        asm.emit(LOAD);
        asm.jumpIf(Comparison.GE, 5, here, no);
        asm.place(here);
        int second = asm.jumpIf(Comparison.GE, 9, yes, no);
        for (int i = 0; i < 300; i++) {
            asm.emit(LOAD);
        }
        asm.place(yes);
        asm.emit(LOAD);
        asm.emit(new Insn.Return(1));
        asm.place(no);
        asm.emit(LOAD);
        asm.emit(new Insn.Return(2));
        Assembly assembly = asm.assemble();
        Program program = assembly.program();
        assertThat(run(program, 9)).isEqualTo(1);
        assertThat(run(program, 8)).isEqualTo(2);
        assertThat(run(program, 4)).isEqualTo(2);
        // One stand-in for each target: the first jump uses the second one's.
        assertThat(program.length()).isEqualTo(3 + 2 + 300 + 4);
        assertThat(program.insns().get(assembly.position(second)))
                .isInstanceOfSatisfying(
                        Insn.JumpIf.class, jump -> assertThat(jump.k()).isEqualTo(9));
    }

    @Test
    void positionsFollowInstructionsThroughStretching() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(20);
        for (int round = 0; round < 50; round++) {
            Assembler asm = new Assembler();
            int n = 300 + random.nextInt(700);
            Label[] labels = new Label[n + 2];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = asm.label();
            }
            int[] ids = new int[n];
            boolean[] jumps = new boolean[n];
            int[] yes = new int[n];
            int[] no = new int[n];
            for (int i = 0; i < n; i++) {
                asm.place(labels[i]);
                jumps[i] = random.nextInt(3) > 0;
                yes[i] = i + 1 + random.nextInt(n + 1 - i);
                no[i] = random.nextBoolean() ? i + 1 : i + 1 + random.nextInt(n + 1 - i);
                ids[i] = jumps[i]
                        ? asm.jumpIf(Comparison.SET, i, labels[yes[i]], labels[no[i]])
                        : asm.emit(new Insn.AluConstant(Alu.XOR, i));
            }
            asm.place(labels[n]);
            int last = asm.emit(new Insn.LoadWord(60));
            asm.place(labels[n + 1]);
            int end = asm.emit(new Insn.Return(n));
            Assembly assembly = asm.assemble();
            List<Insn> insns = assembly.program().insns();
            for (int i = 0; i < n; i++) {
                Insn insn = insns.get(assembly.position(ids[i]));
                if (insn instanceof Insn.JumpIf jump) {
                    assertThat(jump.k()).isEqualTo(i);
                    int at = assembly.position(ids[i]) + 1;
                    assertThat(follow(insns, at + jump.jt()))
                            .isEqualTo(place(yes[i], n, assembly, ids, last, end, insns, at + jump.jt()));
                    assertThat(follow(insns, at + jump.jf()))
                            .isEqualTo(place(no[i], n, assembly, ids, last, end, insns, at + jump.jf()));
                } else {
                    assertThat(insn).isEqualTo(new Insn.AluConstant(Alu.XOR, i));
                }
            }
        }
    }

    /** Where a jump arrives after a stand-in that is a ja. */
    private static int follow(List<Insn> insns, int at) {
        return insns.get(at) instanceof Insn.Jump(int distance) ? at + 1 + distance : at;
    }

    /** Where it should arrive: at its target, or for the ret at any copy of it. */
    private static int place(
            int target, int n, Assembly assembly, int[] ids, int last, int end, List<Insn> insns, int arrived) {
        if (target == n + 1) {
            return insns.get(arrived).equals(new Insn.Return(n)) ? arrived : assembly.position(end);
        }
        return assembly.position(target == n ? last : ids[target]);
    }

    @Test
    void misuseIsRefused() {
        Assembler backward = new Assembler();
        Label start = backward.label();
        backward.place(start);
        backward.emit(LOAD);
        backward.jump(start);
        backward.emit(new Insn.Return(0));
        assertThatThrownBy(backward::assemble)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("backward");
        assertThatThrownBy(() -> backward.place(start)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> backward.emit(new Insn.Jump(0))).isInstanceOf(IllegalArgumentException.class);

        Assembler nowhere = new Assembler();
        nowhere.jump(nowhere.label());
        assertThatThrownBy(nowhere::assemble)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not placed");
    }

    @Test
    void tooLongAProgramIsRefusedWithItsLength() {
        Assembler asm = new Assembler();
        for (int i = 0; i < 4096; i++) {
            asm.emit(LOAD);
        }
        asm.emit(new Insn.Return(0));
        assertThatThrownBy(asm::assemble)
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("4097")
                .hasMessageContaining("4096");
    }
}
