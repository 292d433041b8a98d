package org.jpledge.launch;

import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.dword;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.T0;

import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Encoding;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Rights;
import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Errno;

/**
 * Makes the Landlock rulesets in the launcher. The loader's takes hold before execve; the exact one's descriptor, 3 or
 * more, is handed to the program, which takes it upon itself at its entry point.
 *
 * <p>Source: landlock(7), openat2(2).
 */
final class RulesetCode {
    private static final int FIRST_UNNAMED = 3;
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_TYPE = 1;
    private static final int STATX_MODE = 28;
    private static final int TYPE_SHIFT = 12;
    private static final int DIRECTORY_TYPE = 4;
    private static final int F_DUPFD = 0;
    private static final int F_SETFD = 2;

    /** {@code struct open_how}. */
    private static final int HOW = Memory.NOTES;

    private static final int HOW_SIZE = 24;
    private static final int HOW_RESOLVE = HOW + 16;

    /** {@code struct landlock_path_beneath_attr} or {@code struct landlock_net_port_attr}. */
    private static final int RULE = HOW + HOW_SIZE;

    /** The address of the current rule's kind. */
    private static final int KIND = RULE + 16;

    private static final int ERROR = KIND + 8;

    /** {@code struct statx}, of 256 bytes. */
    private static final int STATX = Memory.SAVED;

    private static final int PATH = Memory.TEXT;

    private final Emitter out;
    private final Assembler asm;
    private final RuleTable rules;
    private final LauncherExit exit;

    RulesetCode(Emitter out, RuleTable rules, LauncherExit exit) {
        this.out = out;
        this.asm = out.asm;
        this.rules = rules;
        this.exit = exit;
    }

    /** Makes both; changes S0 and S2. */
    void make() {
        if (rules.isNothing()) {
            return;
        }
        checkVersion();
        // The one that stays open longest first: few descriptors may be left.
        rules.exactAttr().ifPresent(attr -> {
            create(attr, Memory.EXACT_RULESET);
            inherit();
        });
        rules.loaderAttr().ifPresent(attr -> create(attr, Memory.LOADER_RULESET));
        if (rules.hasPaths()) {
            paths();
        }
        if (rules.portCount() > 0) {
            ports();
        }
    }

    private void checkVersion() {
        Abi abi = rules.abi();
        Label lacking = asm.label();
        Label enough = asm.label();
        out.call("landlock_create_ruleset", imm(0), imm(0), imm(Encoding.CREATE_RULESET_VERSION));
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.LT, 0, lacking);
        asm.jumpIf(S2, Compare.GE, abi.version(), enough);
        asm.set(S2, -Emitter.TOO_OLD);
        asm.bind(lacking);
        exit.because(
                at(out.text("landlock")),
                ": the launcher was made for Linux " + abi.linux() + " or later, with Landlock ABI " + abi.version());
        asm.bind(enough);
        // What is refused to the program is to be logged, although it was the launcher that restricted itself.
        Label flags = asm.label();
        asm.set(T0, 0);
        asm.jumpIf(S2, Compare.LT, RestrictFlag.LOG_NEW_EXEC_ON.since().version(), flags);
        asm.set(T0, Rights.of(RestrictFlag.LOG_NEW_EXEC_ON).bits());
        asm.bind(flags);
        asm.store(Size.LONG, S5, Memory.RESTRICT_FLAGS, T0);
    }

    private void create(byte[] attr, int place) {
        out.call("landlock_create_ruleset", at(out.bytes(attr)), imm(attr.length), imm(0));
        exit.ifFailed("landlock");
        asm.store(Size.LONG, S5, place, RESULT);
    }

    /** Its descriptor is to survive execve, and not to take the place of standard input, output or error. */
    private void inherit() {
        Label high = asm.label();
        Label done = asm.label();
        asm.load(Size.LONG, S2, S5, Memory.EXACT_RULESET);
        asm.jumpIf(S2, Compare.GE, FIRST_UNNAMED, high);
        out.call("fcntl", in(S2), imm(F_DUPFD), imm(FIRST_UNNAMED));
        exit.ifFailed("landlock");
        asm.store(Size.LONG, S5, Memory.EXACT_RULESET, RESULT);
        out.call("close", in(S2));
        asm.jump(done);
        asm.bind(high);
        out.call("fcntl", in(S2), imm(F_SETFD), imm(0));
        exit.ifFailed("landlock");
        asm.bind(done);
    }

    private void paths() {
        Label next = asm.label();
        Label done = asm.label();
        Label failed = asm.label();
        Label opened = asm.label();
        Label refused = asm.label();
        Label fatal = asm.label();
        asm.address(S0, out.bytes(rules.paths()));
        asm.bind(next);
        asm.load(Size.HALF, T0, S0, 0);
        asm.jumpIf(T0, Compare.EQ, RuleTable.END, done);
        asm.add(T0, -1);
        asm.shiftLeft(T0, RuleTable.KIND_SHIFT);
        asm.address(A1, out.bytes(rules.kinds()));
        asm.add(A1, T0);
        asm.store(Size.LONG, S5, KIND, A1);
        asm.load(Size.WORD, T0, A1, RuleTable.OPEN);
        asm.store(Size.LONG, S5, HOW, T0);
        asm.load(Size.BYTE, T0, A1, RuleTable.RESOLVE);
        asm.store(Size.LONG, S5, HOW_RESOLVE, T0);
        copyPath();
        out.call("openat2", imm(AT_FDCWD), out.memory(PATH), out.memory(HOW), imm(HOW_SIZE));
        asm.move(S2, RESULT);
        // A sandbox of ours answers openat2(2) with ENOSYS. Within one, only the last name is known to be no link.
        Label answered = asm.label();
        asm.jumpIf(S2, Compare.NE, -number("ENOSYS"), answered);
        out.call("openat", imm(AT_FDCWD), out.memory(PATH), Emitter.dword(HOW));
        asm.move(S2, RESULT);
        asm.bind(answered);
        asm.jumpIf(S2, Compare.LT, 0, failed);
        checkType(opened);
        asm.set(S2, -number("EISDIR"));

        asm.bind(failed);
        // With too few descriptors or too little memory, even what may be missing is not missing.
        for (String scarcity : new String[] {"EMFILE", "ENFILE", "ENOMEM"}) {
            asm.jumpIf(S2, Compare.EQ, -number(scarcity), fatal);
        }
        asm.load(Size.LONG, A1, S5, KIND);
        asm.load(Size.BYTE, T0, A1, RuleTable.REQUIRED);
        asm.jumpIf(T0, Compare.EQ, 0, next);
        exit.because(out.memory(PATH), ": not as it was when this launcher was made");

        asm.bind(opened);
        if (rules.hasLoader()) {
            addPath(Memory.LOADER_RULESET, RuleTable.LOADER_RIGHTS, refused);
        }
        if (rules.hasExact()) {
            addPath(Memory.EXACT_RULESET, RuleTable.EXACT_RIGHTS, refused);
        }
        out.call("close", in(S2));
        asm.jump(next);

        // No rule can be about what has no place in the file system, such as a pipe: a link of the system leads there.
        asm.bind(refused);
        asm.store(Size.LONG, S5, ERROR, RESULT);
        out.call("close", in(S2));
        asm.load(Size.LONG, S2, S5, ERROR);
        asm.jumpIf(S2, Compare.EQ, -number("EBADFD"), failed);
        asm.bind(fatal);
        exit.because(out.memory(PATH), "");
        asm.bind(done);
    }

    /** The path of the entry at S0 is put together behind the last one's beginning; S0 goes on to the next entry. */
    private void copyPath() {
        asm.load(Size.BYTE, T0, S0, RuleTable.PREFIX);
        asm.set(A1, out.address(PATH));
        asm.add(A1, T0);
        asm.add(S0, RuleTable.SUFFIX);
        Label copy = asm.here();
        asm.load(Size.BYTE, T0, S0, 0);
        asm.store(Size.BYTE, A1, 0, T0);
        asm.add(S0, 1);
        asm.add(A1, 1);
        asm.jumpIf(T0, Compare.NE, 0, copy);
    }

    /**
     * A rule on a file would let it be used as a directory if it became one. (That a directory is one, its open flags
     * ask.) Goes to {@code fine}, or on with a closed descriptor.
     */
    private void checkType(Label fine) {
        asm.load(Size.LONG, A1, S5, KIND);
        asm.load(Size.BYTE, T0, A1, RuleTable.DIRECTORY);
        asm.jumpIf(T0, Compare.NE, 0, fine);
        out.call("statx", in(S2), at(out.text("")), imm(AT_EMPTY_PATH), imm(STATX_TYPE), out.memory(STATX));
        exit.ifFailed("statx");
        asm.load(Size.HALF, T0, S5, STATX + STATX_MODE);
        asm.bits(T0, T0, TYPE_SHIFT, 4);
        asm.jumpIf(T0, Compare.NE, DIRECTORY_TYPE, fine);
        out.call("close", in(S2));
    }

    private void addPath(int ruleset, int rights, Label failed) {
        Label none = asm.label();
        asm.load(Size.LONG, A1, S5, KIND);
        asm.load(Size.WORD, T0, A1, rights);
        asm.jumpIf(T0, Compare.EQ, 0, none);
        asm.store(Size.LONG, S5, RULE, T0);
        asm.store(Size.WORD, S5, RULE + Encoding.PARENT_FD_OFFSET, S2);
        out.call("landlock_add_rule", dword(ruleset), imm(Encoding.RULE_PATH_BENEATH), out.memory(RULE), imm(0));
        out.jumpIfFailed(failed);
        asm.bind(none);
    }

    private void ports() {
        asm.address(S0, out.bytes(rules.ports()));
        asm.set(S2, rules.portCount());
        Label next = asm.here();
        asm.load(Size.HALF, T0, S0, RuleTable.PORT);
        asm.store(Size.LONG, S5, RULE + 8, T0);
        if (rules.hasLoader()) {
            addPort(Memory.LOADER_RULESET, RuleTable.LOADER_PORT);
        }
        if (rules.hasExact()) {
            addPort(Memory.EXACT_RULESET, RuleTable.EXACT_PORT);
        }
        asm.add(S0, RuleTable.PORT_ENTRY);
        asm.add(S2, -1);
        asm.jumpIf(S2, Compare.NE, 0, next);
    }

    private void addPort(int ruleset, int rights) {
        Label none = asm.label();
        asm.load(Size.BYTE, T0, S0, rights);
        asm.jumpIf(T0, Compare.EQ, 0, none);
        asm.store(Size.LONG, S5, RULE, T0);
        out.call("landlock_add_rule", dword(ruleset), imm(Encoding.RULE_NET_PORT), out.memory(RULE), imm(0));
        exit.ifFailed("landlock port");
        asm.bind(none);
    }

    /** Takes the loader's upon the launcher, for good. It must have given up new privileges. */
    void restrict() {
        if (rules.hasLoader()) {
            out.call("landlock_restrict_self", dword(Memory.LOADER_RULESET), dword(Memory.RESTRICT_FLAGS));
            exit.ifFailed("landlock");
        }
    }

    /** For a program that nobody will lead over at its entry point. */
    void forgetExact() {
        if (rules.hasExact()) {
            out.call("close", dword(Memory.EXACT_RULESET));
        }
    }

    private int number(String errno) {
        return Errno.number(out.target.arch(), errno).orElseThrow();
    }
}
