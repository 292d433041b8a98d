package org.jpledge.unveil;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.Encoding;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.linux.Kernel;

/** The running kernel: makes files, restricts the calling thread, and carries operations out. Answers are as the kernel's. */
final class RealKernel {
    static final int EPERM = 1;
    static final int ENXIO = 6;
    static final int E2BIG = 7;
    static final int EACCES = 13;
    static final int EXDEV = 18;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int ENOTEMPTY = 39;
    static final int ECONNREFUSED = 111;

    static final int AT_FDCWD = -100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EXECVE_CHECK = 0x10000;
    static final int O_WRONLY = 1;
    static final int O_TMPFILE = 0x410000;
    private static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    private static final int O_TRUNC = 0x200;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_NOFOLLOW = 0x20000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_PATH = 0x200000;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SUN_PATH = 108;

    private static final Map<FileType, Integer> MODES =
            Map.of(FileType.REGULAR, 0100755, FileType.FIFO, 0010755, FileType.SOCKET, 0140755);
    private static final int CHARACTER_DEVICE = 0020644;
    private static final long NULL_DEVICE = 0x103;

    private RealKernel() {}

    static Abi abi() {
        return Abi.of(Kernel.call("landlock_create_ruleset", 0, 0, Encoding.CREATE_RULESET_VERSION));
    }

    /** Makes all that lies below a directory that is there. */
    static void make(MemoryTree tree, String base) {
        try (Arena arena = Arena.ofConfined()) {
            tree.entries().forEach((path, entry) -> {
                if (path.isBelow(FilePath.of(base))) {
                    long name = string(arena, path);
                    long made = switch (entry.type()) {
                        case DIRECTORY -> Kernel.call("mkdirat", AT_FDCWD, name, 0755);
                        case SYMLINK ->
                            Kernel.call("symlinkat", string(arena, FilePath.of(entry.target())), AT_FDCWD, name);
                        default -> Kernel.call("mknodat", AT_FDCWD, name, MODES.getOrDefault(entry.type(), 0), 0);
                    };
                    check("make " + path, made);
                }
            });
        }
    }

    /** Restricts the calling thread for good: one layer. */
    static long restrict(Degraded degraded) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] attr = Encoding.rulesetAttr(degraded, ByteOrder.nativeOrder());
            long ruleset = Kernel.call("landlock_create_ruleset", bytes(arena, attr), attr.length, 0);
            check("landlock_create_ruleset", ruleset);
            for (PathRule rule : degraded.ruleset().paths()) {
                check("rule on " + rule, addRule(ruleset, rule.path(), rule.allowed()));
            }
            for (PortRule rule : degraded.ruleset().ports()) {
                byte[] port = Encoding.netPortAttr(rule, ByteOrder.nativeOrder());
                check("rule on " + rule, addRule(arena, ruleset, Encoding.RULE_NET_PORT, port));
            }
            check("prctl", Kernel.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
            long restricted = Kernel.call("landlock_restrict_self", ruleset, 0);
            Kernel.call("close", ruleset);
            return restricted;
        }
    }

    private static long addRule(Arena arena, long ruleset, int type, byte[] attr) {
        return Kernel.call("landlock_add_rule", ruleset, type, bytes(arena, attr), 0);
    }

    /** Carries an operation out. */
    static long perform(Operation operation) {
        try (Arena arena = Arena.ofConfined()) {
            long path = string(arena, operation.path());
            long second = string(arena, operation.second());
            return switch (operation.call()) {
                case OPEN -> closed(Kernel.call("openat", AT_FDCWD, path, flags(operation.flags()), 0755));
                case LIST -> closed(Kernel.call("openat", AT_FDCWD, path, O_CLOEXEC, 0));
                case TRUNCATE -> Kernel.call("truncate", path, 0);
                case EXECUTE ->
                    Kernel.call("execveat", AT_FDCWD, path, argv(arena, path), argv(arena, 0), AT_EXECVE_CHECK);
                case CONNECT -> socket(arena, "connect", operation.path());
                case BIND -> socket(arena, "bind", operation.path());
                case STAT ->
                    Kernel.call(
                            "newfstatat", AT_FDCWD, path, arena.allocate(256).address(), 0);
                case LSTAT ->
                    Kernel.call(
                            "newfstatat", AT_FDCWD, path, arena.allocate(256).address(), AT_SYMLINK_NOFOLLOW);
                case READLINK ->
                    Kernel.call(
                            "readlinkat", AT_FDCWD, path, arena.allocate(256).address(), 256);
                // chdir is the whole process's; the directory of a thread cannot differ from the others'.
                case CHDIR -> closed(Kernel.call("openat", AT_FDCWD, path, O_PATH | O_CLOEXEC, 0));
                case ACCESS_READ -> Kernel.call("faccessat", AT_FDCWD, path, 4);
                case ACCESS_WRITE -> Kernel.call("faccessat", AT_FDCWD, path, 2);
                case CHMOD -> Kernel.call("fchmodat", AT_FDCWD, path, 0755);
                case UNLINK -> Kernel.call("unlinkat", AT_FDCWD, path, 0);
                case RMDIR -> Kernel.call("unlinkat", AT_FDCWD, path, AT_REMOVEDIR);
                case MKDIR -> Kernel.call("mkdirat", AT_FDCWD, path, 0755);
                case MKFIFO -> Kernel.call("mknodat", AT_FDCWD, path, 0010644, 0);
                case MKNOD -> Kernel.call("mknodat", AT_FDCWD, path, CHARACTER_DEVICE, NULL_DEVICE);
                case SYMLINK -> Kernel.call("symlinkat", string(arena, FilePath.of("x")), AT_FDCWD, path);
                case LINK -> Kernel.call("linkat", AT_FDCWD, path, AT_FDCWD, second, 0);
                case RENAME -> Kernel.call("renameat2", AT_FDCWD, path, AT_FDCWD, second, 0);
            };
        }
    }

    private static int flags(Operation.Flags flags) {
        int access = flags.read() ? flags.write() ? O_RDWR : 0 : O_WRONLY;
        return access | O_CLOEXEC | O_NONBLOCK | (flags.create() ? O_CREAT : 0) | (flags.truncate() ? O_TRUNC : 0);
    }

    private static long socket(Arena arena, String call, FilePath path) {
        long socket = Kernel.call("socket", AF_UNIX, SOCK_STREAM, 0);
        check("socket", socket);
        MemorySegment address = arena.allocate(2 + SUN_PATH);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        byte[] name = path.bytes();
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
        long result = Kernel.call(call, socket, address.address(), 2 + name.length + 1);
        Kernel.call("close", socket);
        return result;
    }

    /** Opens a path with flags of its own, in a directory that is open. The descriptor, or an error. */
    static long open(long directory, FilePath path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return Kernel.call("openat", directory, string(arena, path), flags | O_CLOEXEC, 0644);
        }
    }

    /** Removes a file by its name in a directory that is open. */
    static long unlink(long directory, FilePath name) {
        try (Arena arena = Arena.ofConfined()) {
            return Kernel.call("unlinkat", directory, string(arena, name), 0);
        }
    }

    /** Lists a directory that is open. */
    static long list(long directory) {
        try (Arena arena = Arena.ofConfined()) {
            return Kernel.call("getdents64", directory, arena.allocate(4096).address(), 4096);
        }
    }

    /** Binds a TCP socket to a port of this machine, or connects it there. */
    static long tcp(String call, int port) {
        try (Arena arena = Arena.ofConfined()) {
            long socket = Kernel.call("socket", AF_INET, SOCK_STREAM, 0);
            check("socket", socket);
            MemorySegment address = arena.allocate(16);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_INET);
            address.set(ValueLayout.JAVA_BYTE, 2, (byte) (port >> 8));
            address.set(ValueLayout.JAVA_BYTE, 3, (byte) port);
            address.set(ValueLayout.JAVA_BYTE, 4, (byte) 127);
            address.set(ValueLayout.JAVA_BYTE, 7, (byte) 1);
            long result = Kernel.call(call, socket, address.address(), 16);
            Kernel.call("close", socket);
            return result;
        }
    }

    /** Binds a Unix socket to an abstract name, or connects it there. The descriptor, or an error. */
    static long abstractSocket(String call, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long socket = Kernel.call("socket", AF_UNIX, SOCK_DGRAM, 0);
            check("socket", socket);
            MemorySegment address = arena.allocate(3 + name.length());
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            for (int i = 0; i < name.length(); i++) {
                address.set(ValueLayout.JAVA_BYTE, 3 + i, (byte) name.charAt(i));
            }
            long result = Kernel.call(call, socket, address.address(), 3 + name.length());
            return result < 0 ? result : socket;
        }
    }

    /** Asks for one more right than a version has: the answer to the ruleset that handles it alone. */
    static long createRuleset(long handledFs) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] attr = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .putLong(handledFs)
                    .array();
            return Kernel.call("landlock_create_ruleset", bytes(arena, attr), attr.length, 0);
        }
    }

    /** Adds a rule to a ruleset. */
    static long addRule(long ruleset, FilePath path, Rights<FsRight> allowed) {
        try (Arena arena = Arena.ofConfined()) {
            long file = Kernel.call("openat", AT_FDCWD, string(arena, path), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
            check("open " + path, file);
            byte[] beneath = Encoding.pathBeneathAttr(allowed, (int) file, ByteOrder.nativeOrder());
            long added = addRule(arena, ruleset, Encoding.RULE_PATH_BENEATH, beneath);
            Kernel.call("close", file);
            return added;
        }
    }

    private static long closed(long descriptor) {
        if (descriptor >= 0) {
            Kernel.call("close", descriptor);
        }
        return Math.min(descriptor, 0);
    }

    private static long argv(Arena arena, long first) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, first, 0).address();
    }

    private static long string(Arena arena, FilePath path) {
        byte[] bytes = path.bytes();
        return bytes(arena, Arrays.copyOf(bytes, bytes.length + 1));
    }

    private static long bytes(Arena arena, byte[] bytes) {
        MemorySegment segment = arena.allocate(bytes.length, Long.BYTES);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment.address();
    }

    static void check(String what, long result) {
        if (result < 0) {
            throw new IllegalStateException(what + ": errno " + -result);
        }
    }
}
