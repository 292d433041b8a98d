package org.jpledge.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.Encoding;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.RestrictFlag;
import org.jpledge.landlock.Rights;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;

/**
 * Landlock in the running kernel, and rulesets made in this process. See landlock(7). Thread safe.
 */
public final class Landlock {
    /** The second of the kernel's errata. */
    private static final long SIGNALS_REPAIRED = 1 << 1;

    private static final String RESTRICT = "landlock_restrict_self";
    private static final int E2BIG = 7;
    private static final int ENOSYS = 38;
    private static final int EOPNOTSUPP = 95;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final long AT_FDCWD = -100;
    private static final int RESOLVE_NO_SYMLINKS = 4;
    private static final int OPEN_HOW_SIZE = 24;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_TYPE = 1;
    private static final int STATX_SIZE = 256;
    private static final int STX_MODE = 28;
    private static final int S_IFMT = 0170000;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFLNK = 0120000;
    private static final int EISDIR = 21;
    private static final int ELOOP = 40;

    private Landlock() {}

    /**
     * Whether a thread in a scope of its own ({@link org.jpledge.landlock.Scope#SIGNAL}) can signal other threads of its
     * process: kernels of 6.12 and 6.13 had to be repaired.
     *
     * @return whether the kernel says that it was repaired
     */
    public static boolean letsThreadsSignalEachOther() {
        long errata = Kernel.call("landlock_create_ruleset", 0, 0, Encoding.CREATE_RULESET_ERRATA);
        return errata > 0 && (errata & SIGNALS_REPAIRED) != 0;
    }

    /** How all threads of a process are restricted. */
    public enum Mechanism {
        /** The kernel does it: LANDLOCK_RESTRICT_SELF_TSYNC. */
        KERNEL,
        /** Each thread does it itself, in the handler of a signal. */
        SIGNAL
    }

    /**
     * Makes what is needed to reach all threads, while executable memory can still be had and /proc be read. To be called
     * before the first restriction; does nothing the next time.
     *
     * @param abi what the kernel has
     * @throws KernelException if the kernel refuses
     * @throws UnsupportedOperationException if no machine code is made for this processor
     */
    public static void prepare(Abi abi) throws KernelException {
        if (!abi.has(RestrictFlag.TSYNC.since())) {
            Broadcast.prepare();
        }
    }

    /**
     * What the running kernel has.
     *
     * @param abi its version of Landlock
     * @param absence why there is none; empty where there is one
     */
    public record Support(Abi abi, Optional<String> absence) {
        /** Has a reason exactly where there is no Landlock. */
        public Support {
            if ((abi == Abi.NONE) != absence.isPresent()) {
                throw new IllegalArgumentException("a reason stands where there is no Landlock, and only there");
            }
        }

        /**
         * Understands the kernel's answer to {@code landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)}.
         *
         * @param answer a version, or an error number below zero
         * @return what it means
         */
        public static Support of(long answer) {
            Abi abi = Abi.of(answer);
            return new Support(abi, abi == Abi.NONE ? Optional.of(reason((int) -answer)) : Optional.empty());
        }

        private static String reason(int errno) {
            return switch (errno) {
                case ENOSYS -> "this kernel is built without Landlock (CONFIG_SECURITY_LANDLOCK; Linux 5.13 or later)";
                case EOPNOTSUPP ->
                    "Landlock is switched off since this kernel was booted (lsm= does not name landlock)";
                default ->
                    "this process may not use Landlock (landlock_create_ruleset: "
                            + Errno.name(Arch.host(), errno).orElse("errno " + errno) + ")";
            };
        }
    }

    /**
     * Asks the running kernel.
     *
     * @return its version, or why there is none
     */
    public static Support support() {
        return Support.of(Kernel.call("landlock_create_ruleset", 0, 0, Encoding.CREATE_RULESET_VERSION));
    }

    /** Why no layer is added. The limit is LANDLOCK_MAX_NUM_LAYERS, and some may be a parent's. */
    static KernelException refusal(int errno) {
        return errno == E2BIG
                ? KernelException.of(RESTRICT, errno, "there are 16 layers already, and no more are possible")
                : KernelException.of(RESTRICT, errno);
    }

    /**
     * A ruleset that the kernel holds for this process, until it is closed. What it restricts stays restricted.
     *
     * <p>Thread safe but for {@link #close}, which comes last.
     */
    public static final class Layer implements AutoCloseable {
        private final int descriptor;
        private final List<FilePath> skipped;

        private Layer(int descriptor, List<FilePath> skipped) {
            this.descriptor = descriptor;
            this.skipped = List.copyOf(skipped);
        }

        /**
         * The ruleset's descriptor, close-on-exec.
         *
         * @return the number
         */
        public int descriptor() {
            return descriptor;
        }

        /**
         * Paths that have no rule, because they are not there any more and need not be.
         *
         * @return in the order of the ruleset
         */
        public List<FilePath> skipped() {
            return skipped;
        }

        /**
         * Restricts the calling thread, for good, and with it what it starts from now on. Sets no_new_privs first.
         *
         * @param flags what else is wanted, as far as the version knows it
         * @throws KernelException if the kernel refuses: E2BIG after the sixteenth layer
         */
        public void restrictThread(Rights<RestrictFlag> flags) throws KernelException {
            Kernel.require("prctl", PR_SET_NO_NEW_PRIVS, 1);
            long result = Kernel.call(RESTRICT, descriptor, flags.bits());
            if (result < 0) {
                throw refusal((int) -result);
            }
        }

        /**
         * Restricts every thread of this process, for good, and with them all that are started from now on. The kernel does it
         * at once from {@link Abi#V8} on; before that, every thread gets a real-time signal that nobody uses, and restricts
         * itself. Must not be called by a virtual thread, which may be another thread after each call.
         *
         * @param abi what the kernel has
         * @param limit how long it may take to reach all threads
         * @return how it was done
         * @throws KernelException if the kernel refuses
         * @throws ThreadException if a thread cannot be reached; its message and count say whether others are restricted
         */
        public Mechanism restrictProcess(Abi abi, Duration limit) throws KernelException, ThreadException {
            // Afterwards, what this needs of classes may be out of reach.
            Mechanism mechanism = abi.has(RestrictFlag.TSYNC.since()) ? Mechanism.KERNEL : Mechanism.SIGNAL;
            if (mechanism == Mechanism.KERNEL) {
                restrictThread(Rights.of(RestrictFlag.TSYNC));
            } else {
                Broadcast.prepare().restrictOthers(descriptor, Rights.none(), limit.toNanos());
                restrictThread(Rights.none());
            }
            return mechanism;
        }

        @Override
        public void close() {
            // Linux has closed the descriptor even where close(2) reports an error.
            Kernel.call("close", descriptor);
        }
    }

    /**
     * Makes a ruleset: opens the file of every rule and hands all of it to the kernel.
     *
     * @param degraded a ruleset as the running kernel can have it, that restricts something
     * @return the ruleset
     * @throws KernelException if the kernel refuses, or a required path is not there, or not what it was; the message names
     *     the path
     */
    public static Layer make(Degraded degraded) throws KernelException {
        ByteOrder order = Arch.host().order();
        try (Arena arena = Arena.ofConfined()) {
            byte[] attr = Encoding.rulesetAttr(degraded, order);
            int ruleset = (int)
                    Kernel.require("landlock_create_ruleset", copy(arena, attr).address(), attr.length, 0);
            List<FilePath> skipped = new ArrayList<>();
            try {
                for (PathRule rule : degraded.ruleset().paths()) {
                    if (!add(arena, ruleset, rule, order)) {
                        skipped.add(rule.path());
                    }
                }
                for (PortRule rule : degraded.ruleset().ports()) {
                    long address =
                            copy(arena, Encoding.netPortAttr(rule, order)).address();
                    Kernel.require("landlock_add_rule", ruleset, Encoding.RULE_NET_PORT, address, 0);
                }
            } catch (KernelException e) {
                Kernel.call("close", ruleset);
                throw e;
            }
            return new Layer(ruleset, skipped);
        }
    }

    /** Adds a rule; false if its path is not there, and need not be. */
    private static boolean add(Arena arena, int ruleset, PathRule rule, ByteOrder order) throws KernelException {
        long opened = open(arena, rule);
        if (opened < 0) {
            if (rule.presence() != PathRule.Presence.REQUIRED) {
                return false;
            }
            throw KernelException.of("open " + rule.path(), (int) -opened);
        }
        try {
            byte[] attr = Encoding.pathBeneathAttr(rule.allowed(), (int) opened, order);
            long address = copy(arena, attr).address();
            long added = Kernel.call("landlock_add_rule", ruleset, Encoding.RULE_PATH_BENEATH, address, 0);
            if (added < 0) {
                throw KernelException.of("landlock_add_rule for " + rule.path(), (int) -added);
            }
            return true;
        } finally {
            Kernel.call("close", opened);
        }
    }

    /**
     * Opens without following any symbolic link on the way, unless the path is the system's. A filter of ours answers openat2(2) with ENOSYS: then only the
     * last name is known to be no link.
     *
     * @return a descriptor, or an error number below zero: ENOTDIR, EISDIR or ELOOP for what is not of the rule's type
     */
    private static long open(Arena arena, PathRule rule) {
        boolean follow = rule.presence() == PathRule.Presence.SYSTEM;
        long flags = flag("O_PATH") | flag("O_CLOEXEC") | (follow ? 0 : flag("O_NOFOLLOW"));
        if (rule.directory()) {
            flags |= flag("O_DIRECTORY");
        }
        byte[] bytes = rule.path().bytes();
        MemorySegment path = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, path, ValueLayout.JAVA_BYTE, 0, bytes.length);
        MemorySegment how = arena.allocate(OPEN_HOW_SIZE, Long.BYTES);
        how.setAtIndex(ValueLayout.JAVA_LONG, 0, flags);
        how.setAtIndex(ValueLayout.JAVA_LONG, 2, follow ? 0 : RESOLVE_NO_SYMLINKS);
        long opened = Kernel.call("openat2", AT_FDCWD, path.address(), how.address(), OPEN_HOW_SIZE);
        if (opened == -ENOSYS) {
            opened = Kernel.call("openat", AT_FDCWD, path.address(), flags);
        }
        if (opened < 0 || rule.directory()) {
            return opened;
        }
        long wrong = typeError(arena, opened);
        if (wrong < 0) {
            Kernel.call("close", opened);
            return wrong;
        }
        return opened;
    }

    /** A rule for a file would hold for all beneath, if a directory had taken the file's place. */
    private static long typeError(Arena arena, long descriptor) {
        MemorySegment status = arena.allocate(STATX_SIZE, Long.BYTES);
        long empty = arena.allocate(1).address();
        long asked = Kernel.call("statx", descriptor, empty, AT_EMPTY_PATH, STATX_TYPE, status.address());
        if (asked < 0) {
            return asked;
        }
        return switch (status.get(ValueLayout.JAVA_SHORT, STX_MODE) & S_IFMT) {
            case S_IFDIR -> -EISDIR;
            case S_IFLNK -> -ELOOP;
            default -> 0;
        };
    }

    private static long flag(String name) {
        return Constants.of(Arch.host()).value(name).orElseThrow();
    }

    private static MemorySegment copy(Arena arena, byte[] bytes) {
        MemorySegment segment = arena.allocate(bytes.length, Long.BYTES);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }
}
