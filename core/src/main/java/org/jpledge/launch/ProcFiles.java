package org.jpledge.launch;

import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S3;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;

/**
 * What the kernel says in /proc of the program's thread S0: where it runs, where it begins, how many filters it has.
 *
 * <p>Source: proc(5).
 */
final class ProcFiles {
    private static final int AT_FDCWD = -100;
    private static final int AT_ENTRY = 9;
    private static final int O_CLOEXEC = 0x80000;

    private final Emitter out;
    private final Assembler asm;
    private final Label hex;
    private final Label readProc;
    private final Label countFilters;

    ProcFiles(Emitter out) {
        this.out = out;
        this.asm = out.asm;
        this.hex = asm.label();
        this.readProc = asm.label();
        this.countFilters = asm.label();
    }

    /** Goes on if the kernel says that the instruction pointer is in this file, and to {@code otherwise} if not. */
    void runsIn(byte[] file, Label otherwise) {
        Label line = asm.label();
        Label skip = asm.label();
        Label path = asm.label();
        Label compare = asm.label();
        Label yes = asm.label();
        asm.address(A2, out.text("/maps"));
        asm.call(readProc);
        out.jumpIfFailed(otherwise);
        asm.load(Size.LONG, S3, S5, Memory.SAVED + out.target.pc());
        asm.set(A0, out.address(Memory.TEXT));
        asm.bind(line);
        asm.call(hex);
        asm.move(A3, A1);
        asm.call(hex);
        asm.jumpIf(S3, Compare.LO, A3, skip);
        asm.jumpIf(S3, Compare.LO, A1, path);
        asm.bind(skip);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.EQ, '\n', line);
        asm.jumpIf(T0, Compare.NE, 0, skip);
        asm.jump(otherwise);

        asm.bind(path);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.LO, ' ', otherwise);
        asm.address(A1, out.bytes(Arrays.copyOf(file, file.length + 1)));
        asm.jumpIf(T0, Compare.EQ, '/', compare);
        asm.add(A0, 1);
        asm.jump(path);
        asm.bind(compare);
        Label last = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.load(Size.BYTE, A2, A1, 0);
        asm.add(A0, 1);
        asm.add(A1, 1);
        asm.jumpIf(A2, Compare.EQ, 0, last);
        asm.jumpIf(A2, Compare.EQ, T0, compare);
        asm.jump(otherwise);
        asm.bind(last);
        asm.jumpIf(T0, Compare.EQ, '\n', yes);
        asm.jump(otherwise);
        asm.bind(yes);
    }

    /** Leaves the program's entry point in ENTRY, or goes to {@code otherwise}. */
    void findEntryPoint(Label otherwise) {
        asm.address(A2, out.text("/auxv"));
        asm.call(readProc);
        out.jumpIfFailed(otherwise);
        asm.set(A0, out.address(Memory.TEXT));
        Label found = asm.label();
        Label pair = asm.here();
        asm.load(Size.LONG, T0, A0, 0);
        asm.load(Size.LONG, A1, A0, 8);
        asm.add(A0, 16);
        asm.jumpIf(T0, Compare.EQ, AT_ENTRY, found);
        asm.jumpIf(T0, Compare.NE, 0, pair);
        asm.jump(otherwise);
        asm.bind(found);
        asm.store(Size.LONG, S5, Memory.ENTRY, A1);
    }

    /** Leaves in RESULT how many seccomp filters the thread has, or a negative number. */
    void countFilters() {
        asm.call(countFilters);
    }

    /** Leaves in A1 the status with which it ended, while nobody has waited for it; otherwise goes elsewhere. */
    void status(Label otherwise) {
        // The last word of /proc/PID/stat is the exit code.
        asm.address(A2, out.text("/stat"));
        asm.call(readProc);
        out.jumpIfFailed(otherwise);
        Label judge = asm.label();
        asm.set(A0, out.address(Memory.TEXT));
        asm.set(A1, 0);
        Label digit = asm.here();
        Label space = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.LO, ' ' + 1, space);
        asm.add(T0, -'0');
        timesTen();
        asm.jump(digit);
        asm.bind(space);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, judge);
        asm.set(A1, 0);
        asm.jump(digit);
        asm.bind(judge);
    }

    /** The subroutines of all of these. To be called once. */
    void emit() {
        hexadecimal();
        readProcFile();
        countFiltersSubroutine();
    }

    /** Out: RESULT, how many there are, or negative. */
    private void countFiltersSubroutine() {
        byte[] field = "Seccomp_filters:\t".getBytes(StandardCharsets.US_ASCII);
        Label missing = asm.label();
        Label search = asm.label();
        Label digit = asm.label();
        Label end = asm.label();
        asm.bind(countFilters);
        asm.enter();
        asm.address(A2, out.text("/status"));
        asm.call(readProc);
        asm.jumpIf(RESULT, Compare.LT, 0, missing);
        asm.set(A0, out.address(Memory.TEXT));
        asm.bind(search);
        asm.address(A2, out.text(new String(field, StandardCharsets.US_ASCII)));
        Label compare = asm.here();
        asm.load(Size.BYTE, A3, A2, 0);
        asm.set(A1, 0);
        asm.jumpIf(A3, Compare.EQ, 0, digit);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.add(A2, 1);
        asm.jumpIf(T0, Compare.EQ, A3, compare);
        asm.jumpIf(T0, Compare.NE, 0, search);
        asm.set(RESULT, -1);
        asm.jump(missing);
        asm.bind(digit);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.add(T0, -'0');
        asm.jumpIf(T0, Compare.HS, 10, end);
        timesTen();
        asm.jump(digit);
        asm.bind(end);
        asm.move(RESULT, A1);
        asm.bind(missing);
        asm.leave();
    }

    /** A1 becomes ten times itself, and T0. */
    private void timesTen() {
        asm.move(A2, A1);
        asm.shiftLeft(A1, 3);
        asm.add(A1, A2);
        asm.add(A1, A2);
        asm.add(A1, T0);
    }

    /** In: A0 text. Out: A1 value, A0 behind the character that ended it. */
    private void hexadecimal() {
        Label letter = asm.label();
        Label put = asm.label();
        Label end = asm.label();
        asm.bind(hex);
        asm.enter();
        asm.set(A1, 0);
        Label digit = asm.here();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, end);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.HS, 'a', letter);
        asm.add(T0, -'0');
        asm.jumpIf(T0, Compare.LO, 10, put);
        asm.leave();
        asm.bind(letter);
        asm.add(T0, 10 - 'a');
        asm.bind(put);
        asm.shiftLeft(A1, 4);
        asm.or(A1, T0);
        asm.jump(digit);
        asm.bind(end);
        asm.leave();
    }

    /** In: S0 a thread, A2 the file's name below /proc/THREAD. Changes S1 to S3. Out: RESULT negative, or its text in TEXT, ended by NUL. */
    private void readProcFile() {
        Label power = asm.label();
        Label count = asm.label();
        Label counted = asm.label();
        Label copy = asm.label();
        Label read = asm.label();
        Label end = asm.label();
        Label failed = asm.label();
        asm.bind(readProc);
        asm.enter();
        asm.set(A3, out.address(Memory.LINE));
        asm.move(S3, A2);
        asm.address(A2, out.text("/proc/"));
        asm.call(out.copy);
        // The process id in decimal, by counting subtractions: at most 4194304, leading zeros left out.
        asm.move(S1, S0);
        asm.set(S2, 0);
        asm.address(A0, out.bytes(powersOfTen()));
        asm.bind(power);
        asm.load(Size.WORD, A1, A0, 0);
        asm.add(A0, 4);
        asm.jumpIf(A1, Compare.EQ, 0, copy);
        asm.set(T0, '0');
        asm.bind(count);
        asm.jumpIf(S1, Compare.LO, A1, counted);
        asm.subtract(S1, A1);
        asm.add(T0, 1);
        asm.set(S2, 1);
        asm.jump(count);
        asm.bind(counted);
        asm.jumpIf(S2, Compare.EQ, 0, power);
        asm.store(Size.BYTE, A3, 0, T0);
        asm.add(A3, 1);
        asm.jump(power);
        asm.bind(copy);
        asm.move(A2, S3);
        asm.call(out.copy);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A3, 0, T0);
        out.call("openat", imm(AT_FDCWD), out.memory(Memory.LINE), imm(O_CLOEXEC), imm(0));
        out.jumpIfFailed(failed);
        asm.move(S1, RESULT);
        asm.set(S2, 0);
        asm.bind(read);
        asm.set(A1, out.address(Memory.TEXT));
        asm.add(A1, S2);
        asm.set(A2, Memory.TEXT_SIZE - 1);
        asm.subtract(A2, S2);
        asm.move(A0, S1);
        asm.syscall(out.target.call("read"));
        asm.move(A3, RESULT);
        asm.jumpIf(A3, Compare.LT, 0, end);
        asm.add(S2, A3);
        asm.jumpIf(A3, Compare.NE, 0, read);
        asm.bind(end);
        asm.set(A1, out.address(Memory.TEXT));
        asm.add(A1, S2);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A1, 0, T0);
        out.call("close", in(S1));
        asm.set(RESULT, -1);
        asm.jumpIf(S2, Compare.EQ, 0, failed);
        asm.move(RESULT, S2);
        asm.bind(failed);
        asm.leave();
    }

    private static byte[] powersOfTen() {
        ByteBuffer powers = ByteBuffer.allocate(8 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int power = 1_000_000; power > 0; power /= 10) {
            powers.putInt(power);
        }
        return powers.array();
    }
}
