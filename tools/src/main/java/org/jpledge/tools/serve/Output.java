package org.jpledge.tools.serve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jpledge.tools.text.Json;

/**
 * What a program writes to one of its streams, as notifications: text where it is UTF-8, and otherwise base64. A character whose bytes come
 * in two pieces is kept until it is whole. For one thread.
 */
final class Output {
    private static final int LONGEST_CHARACTER = 4;

    private final Call call;
    private final int run;
    private final String stream;
    private byte[] kept = new byte[0];

    Output(Call call, int run, String stream) {
        this.call = call;
        this.run = run;
        this.stream = stream;
    }

    /** Tells the client of some bytes. */
    void tell(byte[] bytes, int length) throws IOException {
        byte[] all = Arrays.copyOf(kept, kept.length + length);
        System.arraycopy(bytes, 0, all, kept.length, length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(all);
        CharBuffer out = CharBuffer.allocate(all.length);
        CoderResult result = decoder.decode(in, out, false);
        if (result.isError()) {
            kept = new byte[0];
            tell("base64", Base64.getEncoder().encodeToString(all));
            return;
        }
        // Underflow with bytes left is the beginning of a character.
        kept = Arrays.copyOfRange(all, in.position(), all.length);
        if (kept.length >= LONGEST_CHARACTER) {
            throw new IllegalStateException("a character of " + kept.length + " bytes");
        }
        if (out.position() > 0) {
            tell("data", out.flip().toString());
        }
    }

    /** Tells of what is left, which is no character. */
    void end() throws IOException {
        if (kept.length > 0) {
            tell("base64", Base64.getEncoder().encodeToString(kept));
            kept = new byte[0];
        }
    }

    private void tell(String member, String value) throws IOException {
        call.tell(
                "output",
                new Json.Members()
                        .with("run", new Json.Whole(run))
                        .with("stream", stream)
                        .with(member, value));
    }
}
