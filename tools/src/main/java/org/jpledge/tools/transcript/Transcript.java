package org.jpledge.tools.transcript;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.text.Words;

/**
 * Reads what a tracer wrote: JSON lines of ours, strace's text (best with -f -y), or JSON lines of lurk. Which it is, each line
 * says itself.
 *
 * <p>What transcripts of others do not have is guessed where it can be. When a program's entry point is reached, the dynamic
 * linker's habits tell. Relative paths begin in the directory that is given, and follow chdir(2). Strings that are cut off with
 * dots name no path. Times without a date count from 1970.
 *
 * @param lines how many lines there were
 * @param misread how many of them could not be understood
 * @param first the number of the first of these, from 1; 0 if there is none
 */
public record Transcript(long lines, long misread, long first) {
    private static final int LONGEST = 1 << 24;

    /**
     * Reads a transcript.
     *
     * @param in the transcript; it is not closed
     * @param directory where the first program ran, bytes as characters; empty if that is not known, and then relative paths
     *     have no absolute one
     * @param to who gets the events, in the order of the transcript
     * @return how much was understood
     * @throws IOException if it cannot be read
     */
    public static Transcript read(InputStream in, String directory, Consumer<Event> to) throws IOException {
        Interpretation interpretation = new Interpretation(directory, to);
        Strace strace = new Strace(interpretation);
        Lurk lurk = new Lurk(interpretation);
        InputStream buffered = new BufferedInputStream(in, 1 << 16);
        StringBuilder line = new StringBuilder();
        long lines = 0;
        long misread = 0;
        long first = 0;
        int c;
        do {
            c = buffered.read();
            if (c != '\n' && c >= 0) {
                if (line.length() <= LONGEST) {
                    line.append((char) c);
                }
                continue;
            }
            if (c >= 0 || !line.isEmpty()) {
                lines++;
                String text = line.toString();
                if (!(text.startsWith("{") ? json(text, lurk, to) : strace.line(text))) {
                    misread++;
                    first = first == 0 ? lines : first;
                }
                line.setLength(0);
            }
        } while (c >= 0);
        strace.end();
        return new Transcript(lines, misread, first);
    }

    private static boolean json(String line, Lurk lurk, Consumer<Event> to) {
        Event event;
        try {
            JsonElement value = JsonParser.parseString(new String(Words.bytes(line), StandardCharsets.UTF_8));
            if (!(value instanceof JsonObject object)) {
                return false;
            }
            if (!TraceJson.isOne(object)) {
                return Lurk.isOne(object) && lurk.object(object);
            }
            if (TraceJson.isSummary(object)) {
                return true;
            }
            event = TraceJson.event(object);
        } catch (JsonParseException e) {
            return false;
        }
        to.accept(event);
        return true;
    }
}
