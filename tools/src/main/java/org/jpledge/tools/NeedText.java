package org.jpledge.tools;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jpledge.promise.Missing;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.Need;
import org.jpledge.tools.need.Needs;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.text.ByteText;
import org.jpledge.tools.text.Json;

/** What a call needs, as trace shows it. What the dynamic linker does before a program's entry point needs nothing. */
final class NeedText {
    /** Every program has it. */
    private static final String STDIO = "stdio";

    private static final String UNSEEN = "no promise; what goes through the ring is not seen";

    private static final int WORDS_WIDTH = 7;

    private NeedText() {}

    private static final Promises ONLY_STDIO = Promises.of(STDIO);

    /** The calls that stdio allows whatever their arguments are, of those that were asked about; most calls are such. */
    private static final BitSet PLAIN = new BitSet();

    private static final BitSet ASKED = new BitSet();
    private static final int MOST_NUMBERS = 1 << 12;

    /** A program makes few of all calls, so they are looked up one by one. */
    private static synchronized boolean isPlain(Syscall call) {
        int number = call.number();
        if (call.arch() != Arch.host() || number < 0 || number >= MOST_NUMBERS) {
            return false;
        }
        if (!ASKED.get(number)) {
            ASKED.set(number);
            PLAIN.set(number, Missing.isPlain(number, call.arch(), ONLY_STDIO));
        }
        return PLAIN.get(number);
    }

    /** As text: {@code rpath   r:/etc}. */
    static String text(Syscall call) {
        if (call.early() || isPlain(call)) {
            return "";
        }
        Need need = Needs.of(call);
        if (!need.isPossible()) {
            return call.name().startsWith("io_uring") ? UNSEEN : "no promise";
        }
        StringBuilder out = new StringBuilder();
        for (String word : need.words()) {
            if (!word.equals(STDIO)) {
                out.append(out.isEmpty() ? "" : " ").append(word);
            }
        }
        if (need.accesses().isEmpty() && need.ports().isEmpty()) {
            return out.toString();
        }
        while (out.length() < WORDS_WIDTH) {
            out.append(' ');
        }
        for (Access access : need.accesses()) {
            StringBuilder path = new StringBuilder();
            ByteText.quote(path, access.file());
            out.append(' ').append(access.letters()).append(':').append(path, 1, path.length() - 1);
        }
        for (PortUse port : need.ports()) {
            out.append(port.connect() ? " connect:" : " bind:").append(port.port());
        }
        return out.toString();
    }

    /** As JSON; without members where the call needs nothing. */
    static Json.Members json(Syscall call) {
        Json.Members to = new Json.Members();
        if (call.early()) {
            return to;
        }
        if (isPlain(call)) {
            return to.with("possible", new Json.Truth(true))
                    .with("promises", List.of(STDIO))
                    .with("unveils", List.of())
                    .with("ports", List.of());
        }
        Need need = Needs.of(call);
        to.with("possible", new Json.Truth(need.isPossible()));
        to.with("promises", need.words());
        List<Json.Value> accesses = new ArrayList<>();
        for (Access access : need.accesses()) {
            accesses.add(new Json.Members()
                    .with("letters", access.letters().toString())
                    .with("path", ByteText.text(access.file())));
        }
        to.with("unveils", new Json.Items(accesses));
        List<Json.Value> ports = new ArrayList<>();
        for (PortUse port : need.ports()) {
            ports.add(new Json.Members()
                    .with("direction", port.connect() ? "connect" : "bind")
                    .with("protocol", port.protocol())
                    .with("port", new Json.Whole(port.port())));
        }
        return to.with("ports", new Json.Items(ports));
    }
}
