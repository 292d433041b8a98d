package org.jpledge.tools;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code pledge policy} did.
 *
 * @param status the exit status
 * @param out what was printed
 * @param err the lines on standard error
 */
record PolicyTrial(int status, String out, String err) {
    static PolicyTrial of(Object... words) throws IOException {
        List<String> line = new ArrayList<>();
        for (Object word : words) {
            line.add(word.toString());
        }
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status;
        try (var outStream = new PrintStream(out, false, StandardCharsets.ISO_8859_1);
                var errStream = new PrintStream(err, false, StandardCharsets.ISO_8859_1)) {
            status = new PolicyCommand(CommandLine.parse(line), List.of(), outStream, errStream).perform();
        } catch (Failure e) {
            status = e.status();
            err.writeBytes(e.line().getBytes(StandardCharsets.ISO_8859_1));
        }
        return new PolicyTrial(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
