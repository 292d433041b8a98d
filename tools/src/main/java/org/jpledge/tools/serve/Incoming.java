package org.jpledge.tools.serve;

import java.util.List;

/** What came when a line was awaited. */
public sealed interface Incoming {
    /**
     * A line.
     *
     * @param bytes without its end; the last line before the end of all may have none
     * @param descriptors what came with it, to be closed by whoever gets it
     */
    record Line(byte[] bytes, List<Integer> descriptors) implements Incoming {}

    /** A line longer than {@link Limit#LINE}, which is skipped; descriptors that came with it are closed. */
    record TooLong() implements Incoming {}

    /** More descriptors than {@link Limit#DESCRIPTORS}, which are closed; nothing more can be read. */
    record TooMany() implements Incoming {}

    /** More of a line than {@link Limit#ROOM} is left for, among all who send long ones; nothing more can be read. */
    record NoRoom() implements Incoming {}

    /** The other end sends no more. */
    record End() implements Incoming {}

    /** Nothing in time; what came of a line is kept. */
    record Silence() implements Incoming {}
}
