package org.jpledge.seccomp;

/** What the kernel does with a system call. */
public sealed interface Action {
    /** Lets the call through. */
    Action ALLOW = new Allow();

    /** Ends the whole process. */
    Action KILL_PROCESS = new KillProcess();

    /** Ends the calling thread. */
    Action KILL_THREAD = new KillThread();

    /** Lets the call through and has the kernel log it. */
    Action LOG = new Log();

    /** Asks the process that holds the notification descriptor. */
    Action NOTIFY = new Notify();

    /**
     * The number that a filter returns for this action.
     *
     * @return the action in the upper half, its data in the lower
     */
    int encoded();

    /** Lets the call through. */
    record Allow() implements Action {
        @Override
        public int encoded() {
            return 0x7fff0000;
        }
    }

    /**
     * Fails the call with an error; zero makes the refused call look like a success.
     *
     * @param number 0 to 4095, in the architecture's own numbering
     */
    record Errno(int number) implements Action {
        /** Checks that the kernel would not clamp the number. */
        public Errno {
            require("errno", number, 4095);
        }

        @Override
        public int encoded() {
            return 0x00050000 | number;
        }
    }

    /** Ends the whole process, as if by an uncaught SIGSYS. */
    record KillProcess() implements Action {
        @Override
        public int encoded() {
            return 0x80000000;
        }
    }

    /** Ends the calling thread, as if by an uncaught SIGSYS. */
    record KillThread() implements Action {
        @Override
        public int encoded() {
            return 0;
        }
    }

    /**
     * Sends SIGSYS to the thread instead of making the call.
     *
     * @param data 0 to 65535, found in the signal's si_errno
     */
    record Trap(int data) implements Action {
        /** Checks that the data fits. */
        public Trap {
            require("trap", data, 0xffff);
        }

        @Override
        public int encoded() {
            return 0x00030000 | data;
        }
    }

    /**
     * Stops for a tracer; without one the call fails with ENOSYS.
     *
     * @param data 0 to 65535, found in the tracer's event message
     */
    record Trace(int data) implements Action {
        /** Checks that the data fits. */
        public Trace {
            require("trace", data, 0xffff);
        }

        @Override
        public int encoded() {
            return 0x7ff00000 | data;
        }
    }

    /** Lets the call through and has the kernel log it. */
    record Log() implements Action {
        @Override
        public int encoded() {
            return 0x7ffc0000;
        }
    }

    /** Asks the process that holds the notification descriptor. */
    record Notify() implements Action {
        @Override
        public int encoded() {
            return 0x7fc00000;
        }
    }

    /**
     * What happens where two filters answer a call: the kernel does what is worse for the program. From the most severe on,
     * these are kill, kill-thread, trap, errno, notify, trace, log and allow.
     *
     * @param first one filter's answer
     * @param second the other's
     * @return the more severe one; the first, if both mean the same but for their data
     */
    static Action moreSevere(Action first, Action second) {
        // Without the data (SECCOMP_RET_ACTION_FULL), the least one counts, as signed numbers.
        return second.encoded() >> 16 < first.encoded() >> 16 ? second : first;
    }

    /**
     * Whether a call is not made, without anybody being asked.
     *
     * @param action what happens to it
     * @return true for kill, kill-thread, trap and errno
     */
    static boolean isRefusal(Action action) {
        return switch (action) {
            case Errno _, KillProcess _, KillThread _, Trap _ -> true;
            case Allow _, Log _, Notify _, Trace _ -> false;
        };
    }

    /**
     * What the kernel makes of a filter's answer: it cuts errors down to 4095, and kills where it knows no such action.
     *
     * @param answer what the filter returned
     * @return the action, with its data
     */
    static Action of(int answer) {
        int data = answer & 0xffff;
        return switch (answer & 0xffff0000) {
            case 0x00000000 -> KILL_THREAD;
            case 0x00030000 -> new Trap(data);
            case 0x00050000 -> new Errno(Math.min(data, 4095));
            case 0x7fc00000 -> NOTIFY;
            case 0x7ff00000 -> new Trace(data);
            case 0x7ffc0000 -> LOG;
            case 0x7fff0000 -> ALLOW;
            default -> KILL_PROCESS;
        };
    }

    private static void require(String what, int data, int most) {
        if (data < 0 || data > most) {
            throw new IllegalArgumentException(what + " takes 0 to " + most + ", not " + data);
        }
    }
}
