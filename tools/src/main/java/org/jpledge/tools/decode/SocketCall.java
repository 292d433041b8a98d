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

    private static final int INTERNET = 2;
    private static final int INTERNET6 = 10;
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

    /** What a new descriptor is, with the protocol where it is a socket of the Internet: {@code TCP:[123]}. */
    static String named(Form form, long[] registers, String what) {
        if (!form.name().equals("socket") || !what.startsWith(PREFIX)) {
            return what;
        }
        int family = (int) registers[0];
        int type = (int) registers[1] & 15;
        if (family != INTERNET && family != INTERNET6 || type != 1 && type != 2) {
            return what;
        }
        String protocol = (type == 1 ? "TCP" : "UDP") + (family == INTERNET6 ? "v6:" : ":");
        return protocol + what.substring(PREFIX.length());
    }
}
