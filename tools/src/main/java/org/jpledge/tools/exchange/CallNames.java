package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Operator;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.SyscallTable;

/** The names of system calls as libseccomp has them, and what it makes of them. */
final class CallNames {
    /** Calls that 32-bit x86 and the z and Power architectures make through socketcall(2), whose first argument says which; in its order, from 1. */
    private static final List<String> SOCKET_CALLS = List.of(
            "socket",
            "bind",
            "connect",
            "listen",
            "accept",
            "getsockname",
            "getpeername",
            "socketpair",
            "send",
            "recv",
            "sendto",
            "recvfrom",
            "shutdown",
            "setsockopt",
            "getsockopt",
            "sendmsg",
            "recvmsg",
            "accept4",
            "recvmmsg",
            "sendmmsg");

    /** Likewise ipc(2). */
    private static final Map<String, Integer> IPC_CALLS = Map.ofEntries(
            Map.entry("semop", 1),
            Map.entry("semget", 2),
            Map.entry("semctl", 3),
            Map.entry("semtimedop", 4),
            Map.entry("msgsnd", 11),
            Map.entry("msgrcv", 12),
            Map.entry("msgget", 13),
            Map.entry("msgctl", 14),
            Map.entry("shmat", 21),
            Map.entry("shmdt", 22),
            Map.entry("shmget", 23),
            Map.entry("shmctl", 24));

    private CallNames() {}

    /** The number of a call; empty where the architecture has none of that name. */
    static OptionalInt number(Arch arch, String name) {
        return SyscallTable.of(arch).number(name);
    }

    /** Whether any architecture has such a call. */
    static boolean isKnown(String name) {
        for (Arch arch : Arch.values()) {
            if (number(arch, name).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** The call of any architecture whose name is most like a misspelt one. */
    static Optional<String> nearest(String name) {
        List<String> near = new ArrayList<>();
        for (Arch arch : Arch.values()) {
            SyscallTable.of(arch).nearest(name).ifPresent(near::add);
        }
        return Nearest.nearest(name, near);
    }

    /**
     * The other way in which a call is made on some architectures, as a call whose first argument says which is meant.
     *
     * @param arch the architecture
     * @param name the call
     * @return a condition on the first argument of socketcall(2) or ipc(2), with its number; empty where there is no such way
     */
    static Optional<Rule> multiplexed(Arch arch, String name, Action action) {
        int socket = SOCKET_CALLS.indexOf(name) + 1;
        int which = socket > 0 ? socket : IPC_CALLS.getOrDefault(name, 0);
        OptionalInt number = number(arch, socket > 0 ? "socketcall" : "ipc");
        if (which == 0 || number.isEmpty()) {
            return Optional.empty();
        }
        // libseccomp compares all the bits of a register.
        Condition condition = Condition.of(0, arch.is64Bit(), Operator.EQ, which);
        return Optional.of(new Rule(number.getAsInt(), List.of(condition), action));
    }
}
