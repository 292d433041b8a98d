package org.jpledge.launch;

import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.A4;
import static org.jpledge.machine.Reg.A5;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;
import static org.jpledge.machine.Reg.T1;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Errno;

/** System calls with arguments, strings, and the one way to report an error: what launcher and helper are written in. */
final class Emitter {
    private static final Reg[] ARGUMENTS = {A0, A1, A2, A3, A4, A5};

    /** What the calls of a launcher can fail with, after their manual pages. */
    private static final String[] ERRORS = {
        "EPERM",
        "ENOENT",
        "ESRCH",
        "EINTR",
        "EIO",
        "E2BIG",
        "ENOEXEC",
        "EBADF",
        "ECHILD",
        "EAGAIN",
        "ENOMEM",
        "EACCES",
        "EFAULT",
        "EBUSY",
        "ENOTDIR",
        "EISDIR",
        "EINVAL",
        "ENFILE",
        "EMFILE",
        "ETXTBSY",
        "EFBIG",
        "ENOSPC",
        "EROFS",
        "ENAMETOOLONG",
        "ENOSYS",
        "ELOOP",
        "ENODATA",
        "EOVERFLOW",
        "ELIBBAD",
        "EUSERS",
        "EOPNOTSUPP",
        "EBADFD",
        "ESTALE"
    };

    /** Stands where an error number does, for what no call fails with: the kernel knows less than is needed. */
    static final int TOO_OLD = 255;

    /** An argument of a system call. */
    sealed interface Operand {}

    /** A constant. */
    record Constant(long value) implements Operand {}

    /** What a register holds; not one of A0 to A5. */
    record Held(Reg reg) implements Operand {}

    /** 32 bits of the launcher's memory, zero extended. */
    record Word(int offset) implements Operand {}

    /** 64 bits of the launcher's memory. */
    record Doubleword(int offset) implements Operand {}

    /** The address of a place in the code. */
    record Place(Label label) implements Operand {}

    final Assembler asm;
    final Target target;
    private final long memory;
    private final Map<String, Label> strings = new LinkedHashMap<>();
    private final Map<Label, byte[]> constants = new LinkedHashMap<>();
    private final List<String> errors;
    private final Label report;
    /** Copies the string at A2 to A3 and leaves A3 behind it, as far as the line has room. */
    final Label copy;

    /** For a launcher. */
    Emitter(Target target, long memory) {
        this(target, memory, List.of());
    }

    /**
     * For what makes other calls, too.
     *
     * @param more errors that these can fail with, beside those of a launcher's calls
     */
    Emitter(Target target, long memory, List<String> more) {
        this.target = target;
        this.memory = memory;
        this.errors = Stream.concat(Stream.of(ERRORS), more.stream()).toList();
        this.asm = target.assembler();
        this.report = asm.label();
        this.copy = asm.label();
    }

    static Operand imm(long value) {
        return new Constant(value);
    }

    static Operand in(Reg reg) {
        return new Held(reg);
    }

    static Operand word(int offset) {
        return new Word(offset);
    }

    static Operand dword(int offset) {
        return new Doubleword(offset);
    }

    static Operand at(Label label) {
        return new Place(label);
    }

    /** The address of a place in the launcher's memory. */
    Operand memory(int offset) {
        return new Constant(memory + offset);
    }

    long address(int offset) {
        return memory + offset;
    }

    Label text(String text) {
        return strings.computeIfAbsent(text, _ -> asm.label());
    }

    /** A line for standard error. */
    static byte[] line(String words) {
        return ("pledge: " + words + "\n").getBytes(StandardCharsets.UTF_8);
    }

    Label bytes(byte[] bytes) {
        Label label = asm.label();
        constants.put(label, bytes);
        return label;
    }

    /** Makes a system call; its result is in RESULT. */
    void call(String name, Operand... operands) {
        for (int i = 0; i < operands.length; i++) {
            load(ARGUMENTS[i], operands[i]);
        }
        asm.syscall(target.call(name));
    }

    void load(Reg reg, Operand operand) {
        switch (operand) {
            case Constant(long value) -> asm.set(reg, value);
            case Held(Reg from) -> asm.move(reg, from);
            case Word(int offset) -> asm.load(Size.WORD, reg, S5, offset);
            case Doubleword(int offset) -> asm.load(Size.LONG, reg, S5, offset);
            case Place(Label label) -> asm.address(reg, label);
        }
    }

    /** Stores 64 bits. */
    void put(int offset, long value) {
        asm.set(T0, value);
        asm.store(Size.LONG, S5, offset, T0);
    }

    /** Stores 32 bits. */
    void putWord(int offset, int value) {
        asm.set(T0, value & 0xffffffffL);
        asm.store(Size.WORD, S5, offset, T0);
    }

    void jumpIfFailed(Label target) {
        asm.jumpIf(RESULT, Compare.LT, 0, target);
    }

    /**
     * Writes {@code pledge: WHAT: ERRNO-NAME ENDING} to standard error.
     *
     * @param what the step that failed
     * @param negative register with the negative error number; not A1, A2 or A4
     */
    void report(String what, Reg negative, String ending) {
        asm.address(A2, text(what));
        asm.address(A4, text(ending));
        reportNamed(negative);
    }

    /** The same, with the step in A2 and the ending in A4. */
    void reportNamed(Reg negative) {
        asm.set(A1, 0);
        asm.subtract(A1, negative);
        asm.call(report);
    }

    /** The subroutines and constants that what was emitted so far needs. To be called once, last. */
    void finish() {
        reportSubroutine();
        for (Map.Entry<String, Label> string : strings.entrySet()) {
            asm.bind(string.getValue());
            asm.data(string.getKey().getBytes(StandardCharsets.UTF_8));
            asm.data(new byte[1]);
        }
        for (Map.Entry<Label, byte[]> constant : constants.entrySet()) {
            asm.bind(constant.getKey());
            asm.data(constant.getValue());
        }
    }

    /** In: A1 error number, A2 the step, A4 what comes behind the error's name. */
    private void reportSubroutine() {
        Label entry = asm.label();
        Label skip = asm.label();
        Label found = asm.label();
        asm.bind(report);
        asm.enter();
        asm.set(A3, address(Memory.LINE));
        asm.move(S0, A2);
        asm.address(A2, text("pledge: "));
        asm.call(copy);
        asm.move(A2, S0);
        asm.call(copy);
        asm.address(A2, text(": "));
        asm.call(copy);
        // Each name of an error is behind a byte with its number. The last number is 0, and its name for all others.
        asm.address(A2, bytes(errnoNames()));
        asm.bind(entry);
        asm.load(Size.BYTE, T0, A2, 0);
        asm.add(A2, 1);
        asm.jumpIf(T0, Compare.EQ, A1, found);
        asm.jumpIf(T0, Compare.EQ, 0, found);
        asm.bind(skip);
        asm.load(Size.BYTE, T0, A2, 0);
        asm.add(A2, 1);
        asm.jumpIf(T0, Compare.NE, 0, skip);
        asm.jump(entry);
        asm.bind(found);
        asm.call(copy);
        asm.move(A2, A4);
        asm.call(copy);
        asm.address(A2, text("\n"));
        asm.call(copy);
        asm.set(A1, address(Memory.LINE));
        asm.move(A2, A3);
        asm.subtract(A2, A1);
        asm.set(A0, 2);
        asm.syscall(target.call("write"));
        asm.leave();

        Label done = asm.label();
        asm.bind(copy);
        asm.enter();
        Label loop = asm.here();
        asm.load(Size.BYTE, T0, A2, 0);
        asm.jumpIf(T0, Compare.EQ, 0, done);
        asm.set(T1, address(Memory.LINE + Memory.LINE_SIZE));
        asm.jumpIf(A3, Compare.EQ, T1, done);
        asm.store(Size.BYTE, A3, 0, T0);
        asm.add(A2, 1);
        asm.add(A3, 1);
        asm.jump(loop);
        asm.bind(done);
        asm.leave();
    }

    private byte[] errnoNames() {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (String name : errors) {
            names.write(Errno.number(target.arch(), name).orElseThrow());
            names.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
            names.write(0);
        }
        names.write(TOO_OLD);
        names.writeBytes("this kernel is too old".getBytes(StandardCharsets.US_ASCII));
        names.write(0);
        names.write(0);
        names.writeBytes("unknown error".getBytes(StandardCharsets.US_ASCII));
        names.write(0);
        return names.toByteArray();
    }
}
