package org.jpledge.tools.decode;

import java.util.Optional;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.trace.Stop;

/** Sockets: socketcall(2), which is all calls of sockets in one on some architectures, and what a new socket is. */
final class SocketCall {
    private static final String[] NAMES = {
        "",
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
        "sendmmsg"
    };

    private static final int TYPE = 15;
    private static final String PREFIX = "socket:";

    private SocketCall() {}

    /**
     * The call that is meant.
     *
     * @param registers the arguments; they become those of that call
     * @return nothing where they cannot be read, or the architecture has no such call of its own
     */
    static Optional<Form> form(Stop.Entered entered, Forms forms, long[] registers) {
        int call = (int) registers[0];
        if (call <= 0
                || call >= NAMES.length
                || SyscallTable.of(entered.arch()).number(NAMES[call]).isEmpty()) {
            return Optional.empty();
        }
        Form form = forms.named(NAMES[call]);
        int word = entered.arch().is64Bit() ? Long.BYTES : Integer.BYTES;
        Optional<byte[]> words = entered.memory().bytes(registers[1], form.slots().length * word);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        boolean big = !SocketAddress.isLittle(entered.arch());
        for (int i = 0; i < registers.length; i++) {
            registers[i] = i < form.slots().length ? Numbers.of(words.get(), i * word, word, false, big) : 0;
        }
        return Optional.of(form);
    }

    /**
     * What a new socket is: {@code TCP:[123]} instead of {@code socket:[123]}, as far as that is known.
     *
     * @param what the kernel's word for it
     * @param from what the socket is that it was accepted from, for accept(2)
     */
    static String named(Form form, long[] registers, String what, String from) {
        if (!what.startsWith(PREFIX)) {
            return what;
        }
        String kind = switch (form.name()) {
            case "socket", "socketpair" -> kind((int) registers[0], (int) registers[1] & TYPE);
            case "accept", "accept4" -> from.substring(0, Math.max(0, from.indexOf('[')));
            default -> "";
        };
        return kind.isEmpty() ? what : kind + what.substring(PREFIX.length());
    }

    private static String kind(int family, int type) {
        return switch (family) {
            case 1 -> "UNIX:";
            case 16 -> "NETLINK:";
            case 2, 10 -> type == 1 || type == 2 ? (type == 1 ? "TCP" : "UDP") + (family == 2 ? ":" : "v6:") : "";
            default -> "";
        };
    }
}
