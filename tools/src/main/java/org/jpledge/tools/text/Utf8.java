package org.jpledge.tools.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Files of text. */
public final class Utf8 {
    private Utf8() {}

    /**
     * The text of a file.
     *
     * @param bytes all of it
     * @return its characters
     * @throws SyntaxException if it is not UTF-8, at the first byte that is not
     */
    public static String decode(byte[] bytes) throws SyntaxException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            int line = 1;
            int start = 0;
            for (int i = 0; i < in.position(); i++) {
                if (bytes[i] == '\n') {
                    line++;
                    start = i + 1;
                }
            }
            throw new SyntaxException(
                    line,
                    in.position() - start + 1,
                    "byte 0x" + Integer.toHexString(bytes[in.position()] & 0xff) + " is not UTF-8");
        }
        return out.flip().toString();
    }

    /**
     * The text of a file, without the byte order mark with which some editors begin it.
     *
     * @param bytes all of it
     * @return its characters
     * @throws SyntaxException if it is not UTF-8, at the first byte that is not
     */
    public static String ofFile(byte[] bytes) throws SyntaxException {
        String text = decode(bytes);
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }
}
