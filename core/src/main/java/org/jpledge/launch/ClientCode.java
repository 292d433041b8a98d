package org.jpledge.launch;

import static org.jpledge.launch.ClientMemory.PIECE;
import static org.jpledge.launch.ClientMemory.PIECES;
import static org.jpledge.launch.Emitter.at;
import static org.jpledge.launch.Emitter.imm;
import static org.jpledge.launch.Emitter.in;
import static org.jpledge.launch.Emitter.word;
import static org.jpledge.machine.Reg.A0;
import static org.jpledge.machine.Reg.A1;
import static org.jpledge.machine.Reg.A2;
import static org.jpledge.machine.Reg.A3;
import static org.jpledge.machine.Reg.RESULT;
import static org.jpledge.machine.Reg.S0;
import static org.jpledge.machine.Reg.S1;
import static org.jpledge.machine.Reg.S2;
import static org.jpledge.machine.Reg.S3;
import static org.jpledge.machine.Reg.S4;
import static org.jpledge.machine.Reg.S5;
import static org.jpledge.machine.Reg.SP;
import static org.jpledge.machine.Reg.T0;

import org.jpledge.machine.Assembler;
import org.jpledge.machine.Compare;
import org.jpledge.machine.Label;
import org.jpledge.machine.Reg;
import org.jpledge.machine.Size;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;

/**
 * The code of a {@link LauncherClient}, from its first instruction to the launcher's.
 *
 * <p>Register S4 keeps the stack pointer of the first instruction (argc, argv), S3 the environment's list.
 */
final class ClientCode {
    private static final int FAILED = 125;

    /** Arguments before the words: the client's own name, the socket, the environment. */
    private static final int OWN = 3;

    /** Where the stack of a new program has its first argument: above their number. */
    private static final int ARGV = 8;

    private static final int ENTRY_END = 1;
    private static final int FIRST_FREE = 3;
    private static final int LONGEST_REFUSAL = 512;
    private static final int UCRED_SIZE = 12;
    private static final int UCRED_UID = 4;

    // struct msghdr and struct cmsghdr, on every architecture of 64 bits.
    private static final int MSG_PIECES = 16;
    private static final int MSG_PIECE_COUNT = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROL_LENGTH = 40;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_DATA = 16;

    private static final int AF_UNIX = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int SIGPIPE = 13;
    private static final int SIG_IGN = 1;
    private static final int SIGSET_SIZE = 8;
    private static final int SEEK_END = 2;
    private static final int PROT_READ = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GET_SEALS = 1034;
    /** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE. */
    private static final int SEALS = 4;

    private final Emitter out;
    private final Assembler asm;
    private final LauncherExit exit;
    private final int patience;
    private final Label aside;
    private final Label relay;
    private final Label ended;
    private final Label silent;
    private final Label received;
    private final Label strange;

    /** Code that waits so many seconds each time. */
    ClientCode(Emitter out, int patience) {
        this.out = out;
        this.patience = patience;
        this.asm = out.asm;
        this.exit = new LauncherExit(out);
        this.aside = asm.label();
        this.relay = asm.label();
        this.ended = asm.label();
        this.silent = asm.label();
        this.received = asm.label();
        this.strange = asm.label();
    }

    void emit() {
        asm.move(S4, SP);
        asm.set(S5, out.address(0));
        ignoreBrokenPipes();
        findEntries();
        listEntries();
        address();
        connect();
        identify();
        surroundings();
        send();
        receive();
        relayAll();
        become();
        subroutines();
        exit.emit();
    }

    /** A reader of standard error that has gone must not keep the program from being run. */
    private void ignoreBrokenPipes() {
        out.put(ClientMemory.NEW_ACTION, SIG_IGN);
        out.call(
                "rt_sigaction",
                imm(SIGPIPE),
                out.memory(ClientMemory.NEW_ACTION),
                out.memory(ClientMemory.OLD_ACTION),
                imm(SIGSET_SIZE));
    }

    /** Where the environment's entries are, each ended by a zero byte. */
    private void findEntries() {
        Label enough = asm.label();
        Label given = asm.label();
        Label split = asm.label();
        Label found = asm.label();
        asm.load(Size.LONG, T0, S4, 0);
        asm.jumpIf(T0, Compare.GE, OWN + 1, enough);
        fail("this is what bin/start.sh executes for --via-socket: SOCKET ENVIRONMENT WORD...");
        asm.bind(enough);
        asm.load(Size.LONG, A0, S4, ARGV + 16);
        asm.load(Size.BYTE, S0, A0, 0);
        asm.jumpIf(S0, Compare.LO, '0', given);
        asm.jumpIf(S0, Compare.HS, '9' + 1, given);
        asm.load(Size.BYTE, T0, A0, 1);
        asm.jumpIf(T0, Compare.NE, 0, given);
        asm.add(S0, -'0');
        out.call("lseek", in(S0), imm(0), imm(SEEK_END));
        exit.ifFailed("environment");
        asm.move(S1, RESULT);
        out.call("mmap", imm(0), in(S1), imm(PROT_READ), imm(MAP_PRIVATE), in(S0), imm(0));
        exit.ifFailed("environment");
        asm.store(Size.LONG, S5, ClientMemory.ENTRIES, RESULT);
        asm.add(S1, RESULT);
        asm.store(Size.LONG, S5, ClientMemory.ENTRIES_END, S1);
        out.call("close", in(S0));
        asm.jump(found);

        asm.bind(given);
        asm.store(Size.LONG, S5, ClientMemory.ENTRIES, A0);
        asm.set(A1, 0);
        asm.bind(split);
        Label next = asm.label();
        Label all = asm.label();
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, all);
        asm.jumpIf(T0, Compare.NE, ENTRY_END, next);
        asm.store(Size.BYTE, A0, 0, A1);
        asm.bind(next);
        asm.add(A0, 1);
        asm.jump(split);
        asm.bind(all);
        asm.store(Size.LONG, S5, ClientMemory.ENTRIES_END, A0);
        asm.bind(found);
    }

    /** The list of the entries, below the stack, where calls may not reach. */
    private void listEntries() {
        asm.load(Size.LONG, A0, S5, ClientMemory.ENTRIES);
        asm.load(Size.LONG, A1, S5, ClientMemory.ENTRIES_END);
        asm.move(A2, A0);
        asm.set(S2, 8);
        Label counted = asm.label();
        Label count = asm.here();
        asm.jumpIf(A0, Compare.EQ, A1, counted);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.NE, 0, count);
        asm.add(S2, 8);
        asm.jump(count);
        asm.bind(counted);
        asm.move(S3, SP);
        asm.add(S3, -4096);
        asm.subtract(S3, S2);
        asm.move(A0, A2);
        asm.move(A3, S3);
        Label listed = asm.label();
        Label list = asm.here();
        asm.jumpIf(A0, Compare.EQ, A1, listed);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.add(A0, 1);
        asm.jumpIf(T0, Compare.NE, 0, list);
        asm.store(Size.LONG, A3, 0, A2);
        asm.add(A3, 8);
        asm.move(A2, A0);
        asm.jump(list);
        asm.bind(listed);
        asm.set(T0, 0);
        asm.store(Size.LONG, A3, 0, T0);
    }

    /** The socket's path, for the kernel and for people. */
    private void address() {
        Label next = asm.label();
        Label fits = asm.label();
        Label shown = asm.label();
        Label hidden = asm.label();
        Label done = asm.label();
        asm.set(T0, AF_UNIX);
        asm.store(Size.HALF, S5, ClientMemory.ADDRESS, T0);
        asm.load(Size.LONG, A0, S4, ARGV + 8);
        asm.set(A1, out.address(ClientMemory.PATH));
        asm.set(A2, out.address(ClientMemory.SHOWN));
        asm.set(A3, out.address(ClientMemory.PATH + ClientMemory.LONGEST_PATH));
        asm.bind(next);
        asm.load(Size.BYTE, T0, A0, 0);
        asm.jumpIf(T0, Compare.EQ, 0, done);
        asm.jumpIf(A1, Compare.NE, A3, fits);
        fail("the socket's path is longer than " + ClientMemory.LONGEST_PATH + " bytes");
        asm.bind(fits);
        asm.store(Size.BYTE, A1, 0, T0);
        printable(T0, hidden, shown);
        asm.bind(shown);
        asm.store(Size.BYTE, A2, 0, T0);
        asm.add(A0, 1);
        asm.add(A1, 1);
        asm.add(A2, 1);
        asm.jump(next);
        asm.bind(done);
        asm.set(T0, out.address(ClientMemory.ADDRESS) - 1);
        asm.subtract(A1, T0);
        asm.store(Size.WORD, S5, ClientMemory.ADDRESS_LENGTH, A1);
    }

    /** Puts a question mark for a control character; what comes next is at {@code shown}. */
    private void printable(Reg reg, Label hidden, Label shown) {
        asm.jumpIf(reg, Compare.LO, ' ', hidden);
        asm.jumpIf(reg, Compare.NE, 0x7f, shown);
        asm.bind(hidden);
        asm.set(reg, '?');
    }

    /** With a time limit, calls for sockets fail with EINTR when the process was stopped and goes on; see signal(7). */
    private void connect() {
        Label connected = asm.label();
        Label nobody = asm.label();
        out.call("socket", imm(AF_UNIX), imm(constant("SOCK_STREAM") | constant("SOCK_CLOEXEC")), imm(0));
        exit.ifFailed("socket");
        asm.move(S0, RESULT);
        asm.call(aside);
        asm.store(Size.WORD, S5, ClientMemory.SOCKET, S0);
        out.put(ClientMemory.PATIENCE, patience);
        for (int option : new int[] {SO_RCVTIMEO, SO_SNDTIMEO}) {
            out.call(
                    "setsockopt",
                    in(S0),
                    imm(SOL_SOCKET),
                    imm(option),
                    out.memory(ClientMemory.PATIENCE),
                    imm(Long.BYTES * 2));
            exit.ifFailed("setsockopt");
        }
        Label again = asm.here();
        out.call("connect", in(S0), out.memory(ClientMemory.ADDRESS), word(ClientMemory.ADDRESS_LENGTH));
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.EQ, error("EINTR"), again);
        asm.jumpIf(S2, Compare.GE, 0, connected);
        asm.jumpIf(S2, Compare.EQ, error("ENOENT"), nobody);
        asm.jumpIf(S2, Compare.EQ, error("ECONNREFUSED"), nobody);
        asm.jumpIf(S2, Compare.EQ, error("EAGAIN"), silent);
        exit.because(out.memory(ClientMemory.SHOWN), "");
        asm.bind(nobody);
        fail(
                at(out.text("no server listens on ")),
                out.memory(ClientMemory.SHOWN),
                at(out.text(": start one with pledge serve")));
        asm.bind(connected);
    }

    /** Another user could answer anything, and learn what is in the environment. */
    private void identify() {
        Label trusted = asm.label();
        out.putWord(ClientMemory.PEER_LENGTH, UCRED_SIZE);
        out.call(
                "getsockopt",
                in(S0),
                imm(SOL_SOCKET),
                imm(SO_PEERCRED),
                out.memory(ClientMemory.PEER),
                out.memory(ClientMemory.PEER_LENGTH));
        exit.ifFailed("getsockopt");
        out.call("geteuid");
        asm.move(S1, RESULT);
        asm.load(Size.WORD, T0, S5, ClientMemory.PEER + UCRED_UID);
        asm.jumpIf(T0, Compare.EQ, 0, trusted);
        asm.jumpIf(T0, Compare.EQ, S1, trusted);
        failOfServer("the server is another user's");
        asm.bind(trusted);
    }

    /** Opens the working directory and the root, for the server. */
    private void surroundings() {
        Label here = asm.label();
        long flags = constant("O_PATH") | constant("O_DIRECTORY") | constant("O_CLOEXEC");
        out.call("openat", imm(AT_FDCWD), at(out.text(".")), imm(flags), imm(0));
        asm.jumpIf(RESULT, Compare.GE, 0, here);
        fail("the working directory cannot be found: it may be removed");
        asm.bind(here);
        keep(0);
        out.call("openat", imm(AT_FDCWD), at(out.text("/")), imm(flags), imm(0));
        exit.ifFailed("/");
        keep(1);
    }

    /** One of the descriptors that are sent. */
    private void keep(int index) {
        asm.move(S0, RESULT);
        asm.call(aside);
        asm.store(Size.WORD, S5, ClientMemory.CONTROL + CMSG_DATA + Integer.BYTES * index, S0);
    }

    private void send() {
        out.putWord(ClientMemory.REQUEST, ClientFrame.MAGIC);
        out.put(PIECES, out.address(ClientMemory.REQUEST));
        out.put(PIECES + 8, ClientFrame.REQUEST);
        // The words lie one behind the other, as /proc/PID/cmdline shows them.
        asm.load(Size.LONG, A0, S4, ARGV + 8 * OWN);
        asm.store(Size.LONG, S5, PIECES + PIECE, A0);
        asm.load(Size.LONG, A1, S4, 0);
        asm.shiftLeft(A1, 3);
        asm.add(A1, S4);
        asm.load(Size.LONG, A1, A1, ARGV - 8);
        Label end = asm.here();
        asm.load(Size.BYTE, T0, A1, 0);
        asm.add(A1, 1);
        asm.jumpIf(T0, Compare.NE, 0, end);
        asm.subtract(A1, A0);
        asm.store(Size.LONG, S5, PIECES + PIECE + 8, A1);
        asm.store(Size.WORD, S5, ClientMemory.REQUEST + 4, A1);
        asm.load(Size.LONG, A0, S5, ClientMemory.ENTRIES);
        asm.store(Size.LONG, S5, PIECES + 2 * PIECE, A0);
        asm.load(Size.LONG, A2, S5, ClientMemory.ENTRIES_END);
        asm.subtract(A2, A0);
        asm.store(Size.LONG, S5, PIECES + 2 * PIECE + 8, A2);
        asm.store(Size.WORD, S5, ClientMemory.REQUEST + 8, A2);
        asm.add(A1, A2);
        asm.add(A1, ClientFrame.REQUEST);
        asm.store(Size.LONG, S5, ClientMemory.REMAINING, A1);
        message(3);
        out.put(ClientMemory.CONTROL, CMSG_DATA + Integer.BYTES * ClientFrame.DESCRIPTORS);
        out.putWord(ClientMemory.CONTROL + CMSG_LEVEL, SOL_SOCKET);
        out.putWord(ClientMemory.CONTROL + CMSG_TYPE, SCM_RIGHTS);
        Label more = asm.here();
        Label sent = asm.label();
        Label some = asm.label();
        out.call("sendmsg", word(ClientMemory.SOCKET), out.memory(ClientMemory.MESSAGE), imm(MSG_NOSIGNAL));
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.GE, 0, some);
        asm.jumpIf(S2, Compare.EQ, error("EINTR"), more);
        asm.jumpIf(S2, Compare.EQ, error("EAGAIN"), silent);
        // It may have said why it takes no more.
        asm.jumpIf(S2, Compare.EQ, error("EPIPE"), sent);
        asm.jumpIf(S2, Compare.EQ, error("ECONNRESET"), sent);
        exit.because(out.memory(ClientMemory.SHOWN), "");
        asm.bind(some);
        asm.load(Size.LONG, T0, S5, ClientMemory.REMAINING);
        asm.subtract(T0, S2);
        asm.jumpIf(T0, Compare.EQ, 0, sent);
        asm.store(Size.LONG, S5, ClientMemory.REMAINING, T0);
        for (int piece = 0; piece < 3; piece++) {
            skip(PIECES + PIECE * piece);
        }
        // The descriptors went with the first byte.
        out.put(ClientMemory.MESSAGE + MSG_CONTROL_LENGTH, 0);
        asm.jump(more);
        asm.bind(sent);
    }

    /** Takes from a piece as much of what was sent (S2) as it has. */
    private void skip(int piece) {
        Label part = asm.label();
        asm.load(Size.LONG, A1, S5, piece + 8);
        asm.move(A0, S2);
        asm.jumpIf(A0, Compare.LO, A1, part);
        asm.move(A0, A1);
        asm.bind(part);
        asm.subtract(S2, A0);
        asm.subtract(A1, A0);
        asm.store(Size.LONG, S5, piece + 8, A1);
        asm.load(Size.LONG, A1, S5, piece);
        asm.add(A1, A0);
        asm.store(Size.LONG, S5, piece, A1);
    }

    /** Describes a message of so many pieces, with descriptors. */
    private void message(int pieces) {
        out.put(ClientMemory.MESSAGE + MSG_PIECES, out.address(PIECES));
        out.put(ClientMemory.MESSAGE + MSG_PIECE_COUNT, pieces);
        out.put(ClientMemory.MESSAGE + MSG_CONTROL, out.address(ClientMemory.CONTROL));
        out.put(ClientMemory.MESSAGE + MSG_CONTROL_LENGTH, ClientMemory.CONTROL_SIZE);
    }

    /** The numbers of the answer, and a descriptor with them. */
    private void receive() {
        Label none = asm.label();
        Label known = asm.label();
        out.put(PIECES, out.address(ClientMemory.REPLY));
        out.put(PIECES + 8, ClientFrame.REPLY);
        message(1);
        out.putWord(ClientMemory.CONTROL + CMSG_TYPE, 0);
        out.putWord(ClientMemory.LAUNCHER, -1);
        Label again = asm.here();
        out.call("recvmsg", word(ClientMemory.SOCKET), out.memory(ClientMemory.MESSAGE), imm(MSG_CMSG_CLOEXEC));
        asm.jumpIf(RESULT, Compare.EQ, error("EINTR"), again);
        asm.call(received);
        asm.move(S1, RESULT);
        asm.load(Size.LONG, T0, S5, ClientMemory.MESSAGE + MSG_CONTROL_LENGTH);
        asm.jumpIf(T0, Compare.LO, CMSG_DATA + Integer.BYTES, none);
        asm.load(Size.LONG, T0, S5, ClientMemory.CONTROL + CMSG_LEVEL);
        asm.jumpIf(T0, Compare.NE, SOL_SOCKET | (long) SCM_RIGHTS << Integer.SIZE, none);
        asm.load(Size.WORD, S0, S5, ClientMemory.CONTROL + CMSG_DATA);
        asm.call(aside);
        asm.store(Size.WORD, S5, ClientMemory.LAUNCHER, S0);
        asm.bind(none);
        Label more = asm.here();
        asm.load(Size.WORD, T0, S5, ClientMemory.REPLY);
        asm.jumpIf(T0, Compare.EQ, ClientFrame.MAGIC, known);
        asm.bits(A0, T0, 0, 8);
        asm.jumpIf(A0, Compare.NE, 0, strange);
        asm.bind(known);
        Label whole = asm.label();
        asm.jumpIf(S1, Compare.EQ, ClientFrame.REPLY, whole);
        asm.set(A1, out.address(ClientMemory.REPLY));
        asm.add(A1, S1);
        asm.set(A2, ClientFrame.REPLY);
        asm.subtract(A2, S1);
        asm.load(Size.WORD, A0, S5, ClientMemory.SOCKET);
        asm.syscall(out.target.call("read"));
        asm.jumpIf(RESULT, Compare.EQ, error("EINTR"), more);
        asm.call(received);
        asm.add(S1, RESULT);
        asm.jump(more);
        asm.bind(whole);
        asm.load(Size.WORD, T0, S5, ClientMemory.REPLY);
        Label same = asm.label();
        asm.jumpIf(T0, Compare.EQ, ClientFrame.MAGIC, same);
        failOfServer("what answers there is no server of this version of pledge");
        asm.bind(same);
    }

    private void relayAll() {
        asm.load(Size.WORD, S1, S5, ClientMemory.REPLY + 12);
        asm.set(S0, 1);
        asm.call(relay);
        asm.load(Size.WORD, S1, S5, ClientMemory.REPLY + 16);
        asm.set(S0, 2);
        asm.call(relay);
    }

    private void become() {
        Label become = asm.label();
        Label wrong = asm.label();
        asm.load(Size.WORD, S1, S5, ClientMemory.REPLY + 4);
        asm.jumpIf(S1, Compare.EQ, ClientFrame.BECOME, become);
        asm.jumpIf(S1, Compare.HS, ClientFrame.BECOME, wrong);
        out.call("exit_group", in(S1));
        asm.bind(become);
        // A file that is nowhere but in memory, and that nobody can change any more.
        out.call("fcntl", word(ClientMemory.LAUNCHER), imm(F_GET_SEALS));
        asm.jumpIf(RESULT, Compare.LT, 0, wrong);
        asm.bits(S0, RESULT, 0, SEALS);
        asm.jumpIf(S0, Compare.NE, (1 << SEALS) - 1, wrong);
        asm.load(Size.LONG, T0, S4, 0);
        asm.add(T0, -OWN);
        asm.load(Size.WORD, S1, S5, ClientMemory.REPLY + 8);
        asm.jumpIf(S1, Compare.HS, T0, wrong);
        out.call("rt_sigaction", imm(SIGPIPE), out.memory(ClientMemory.OLD_ACTION), imm(0), imm(SIGSET_SIZE));
        asm.shiftLeft(S1, 3);
        asm.add(S1, S4);
        asm.add(S1, ARGV + 8 * OWN);
        out.call("execveat", word(ClientMemory.LAUNCHER), at(out.text("")), in(S1), in(S3), imm(AT_EMPTY_PATH));
        asm.move(S2, RESULT);
        exit.because("launcher");
        asm.bind(wrong);
        failOfServer("what the server sent is no launcher");
    }

    private void subroutines() {
        moveAside();
        relayText();
        Label fine = asm.label();
        asm.bind(received);
        asm.enter();
        asm.jumpIf(RESULT, Compare.EQ, 0, ended);
        asm.jumpIf(RESULT, Compare.GE, 0, fine);
        asm.move(S2, RESULT);
        asm.jumpIf(S2, Compare.EQ, error("EAGAIN"), silent);
        asm.jumpIf(S2, Compare.EQ, error("ECONNRESET"), ended);
        exit.because(out.memory(ClientMemory.SHOWN), "");
        asm.bind(fine);
        asm.leave();
        asm.bind(ended);
        failOfServer("the server ended before it had answered");
        asm.bind(silent);
        failOfServer("the server has not answered for " + patience + " s");
        refusal();
    }

    /** A descriptor in S0 goes where no program looks for its standard streams. */
    private void moveAside() {
        Label fine = asm.label();
        asm.bind(aside);
        asm.enter();
        asm.jumpIf(S0, Compare.HS, FIRST_FREE, fine);
        out.call("fcntl", in(S0), imm(F_DUPFD_CLOEXEC), imm(FIRST_FREE));
        exit.ifFailed("fcntl");
        asm.move(S2, RESULT);
        out.call("close", in(S0));
        asm.move(S0, S2);
        asm.bind(fine);
        asm.leave();
    }

    /** Copies S1 bytes from the server to the descriptor in S0. */
    private void relayText() {
        Label next = asm.label();
        Label room = asm.label();
        Label write = asm.label();
        Label written = asm.label();
        Label unheard = asm.label();
        Label done = asm.label();
        asm.bind(relay);
        asm.enter();
        asm.bind(next);
        asm.jumpIf(S1, Compare.EQ, 0, done);
        asm.move(A2, S1);
        asm.jumpIf(A2, Compare.LO, ClientMemory.BUFFER_SIZE, room);
        asm.set(A2, ClientMemory.BUFFER_SIZE);
        asm.bind(room);
        asm.set(A1, out.address(ClientMemory.BUFFER));
        asm.store(Size.LONG, S5, ClientMemory.CHUNK, A1);
        asm.load(Size.WORD, A0, S5, ClientMemory.SOCKET);
        asm.syscall(out.target.call("read"));
        asm.jumpIf(RESULT, Compare.EQ, error("EINTR"), next);
        asm.call(received);
        asm.move(S2, RESULT);
        asm.subtract(S1, S2);
        asm.bind(write);
        asm.jumpIf(S2, Compare.EQ, 0, next);
        out.call("write", in(S0), Emitter.dword(ClientMemory.CHUNK), in(S2));
        asm.jumpIf(RESULT, Compare.GE, 0, written);
        asm.jumpIf(RESULT, Compare.EQ, error("EINTR"), write);
        // Nobody is told that nobody can be told.
        asm.jumpIf(S0, Compare.EQ, 2, unheard);
        asm.jumpIf(RESULT, Compare.EQ, error("EBADF"), unheard);
        fail("cannot write to standard output");
        asm.bind(written);
        asm.load(Size.LONG, T0, S5, ClientMemory.CHUNK);
        asm.add(T0, RESULT);
        asm.store(Size.LONG, S5, ClientMemory.CHUNK, T0);
        asm.subtract(S2, RESULT);
        asm.jump(write);
        asm.bind(unheard);
        asm.set(S2, 0);
        asm.jump(write);
        asm.bind(done);
        asm.leave();
    }

    /** An answer in words, of which S1 bytes are there: a server that has no time, or is for others. */
    private void refusal() {
        Label shown = asm.label();
        Label hidden = asm.label();
        Label next = asm.label();
        Label whole = asm.label();
        asm.bind(strange);
        asm.set(A1, out.address(ClientMemory.REPLY));
        asm.load(Size.WORD, T0, A1, 0);
        asm.store(Size.WORD, S5, ClientMemory.BUFFER, T0);
        for (int i = 4; i < ClientFrame.REPLY; i += 4) {
            asm.load(Size.WORD, T0, A1, i);
            asm.store(Size.WORD, S5, ClientMemory.BUFFER + i, T0);
        }
        asm.set(A1, out.address(ClientMemory.BUFFER));
        asm.add(A1, S1);
        asm.load(Size.WORD, A0, S5, ClientMemory.SOCKET);
        asm.set(A2, LONGEST_REFUSAL);
        asm.syscall(out.target.call("read"));
        asm.set(A1, out.address(ClientMemory.BUFFER));
        asm.bind(next);
        asm.load(Size.BYTE, T0, A1, 0);
        asm.jumpIf(T0, Compare.EQ, 0, whole);
        asm.jumpIf(T0, Compare.EQ, '\n', whole);
        printable(T0, hidden, shown);
        asm.bind(shown);
        asm.store(Size.BYTE, A1, 0, T0);
        asm.add(A1, 1);
        asm.jump(next);
        asm.bind(whole);
        asm.set(T0, 0);
        asm.store(Size.BYTE, A1, 0, T0);
        fail(
                out.memory(ClientMemory.SHOWN),
                at(out.text(": what answers there is no server of pledge, or refuses: ")),
                out.memory(ClientMemory.BUFFER));
    }

    private void failOfServer(String words) {
        fail(out.memory(ClientMemory.SHOWN), at(out.text(": " + words)));
    }

    private void fail(String words) {
        fail(at(out.text(words)));
    }

    /** Says a line of these words, and ends. */
    private void fail(Emitter.Operand... words) {
        asm.set(A3, out.address(Memory.LINE));
        asm.address(A2, out.text("pledge: "));
        asm.call(out.copy);
        for (Emitter.Operand each : words) {
            out.load(A2, each);
            asm.call(out.copy);
        }
        asm.address(A2, out.text("\n"));
        asm.call(out.copy);
        asm.set(A1, out.address(Memory.LINE));
        asm.move(A2, A3);
        asm.subtract(A2, A1);
        asm.set(A0, 2);
        asm.syscall(out.target.call("write"));
        out.call("exit_group", imm(FAILED));
    }

    private int error(String name) {
        return -Errno.number(out.target.arch(), name).orElseThrow();
    }

    private long constant(String name) {
        return Constants.of(out.target.arch()).value(name).orElseThrow();
    }
}
