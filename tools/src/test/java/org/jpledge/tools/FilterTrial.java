package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What {@code pledge filter} did.
 *
 * @param status the exit status
 * @param out what was printed
 * @param err the line on standard error, or nothing
 * @param bytes what was printed, as bytes
 */
record FilterTrial(int status, String out, String err, byte[] bytes) {
    static FilterTrial of(String... words) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, false, StandardCharsets.ISO_8859_1);
        String err = "";
        int status;
        try {
            status = new FilterCommand(CommandLine.parse(List.of(words)), print).perform();
        } catch (Failure e) {
            status = e.status();
            err = e.line();
        }
        return new FilterTrial(status, out.toString(StandardCharsets.ISO_8859_1), err, out.toByteArray());
    }
}
