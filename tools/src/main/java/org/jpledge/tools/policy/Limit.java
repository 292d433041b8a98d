package org.jpledge.tools.policy;

import java.util.OptionalLong;

/** What a policy may limit by setrlimit(2). The word is the key in a file and the option of a command line. */
public enum Limit {
    /** Processor time. */
    CPU("cpu", "RLIMIT_CPU", Unit.SECONDS, "Processor time, in seconds; beyond it, SIGXCPU."),
    /** Address space. */
    MEMORY("memory", "RLIMIT_AS", Unit.BYTES, "Address space, in bytes."),
    /** Size of files. */
    FILE_SIZE("file-size", "RLIMIT_FSIZE", Unit.BYTES, "Size of a file that the program writes, in bytes."),
    /** Descriptors. */
    OPEN_FILES("open-files", "RLIMIT_NOFILE", Unit.NUMBER, "Open descriptors, 0 to 2 included."),
    /** Processes of the user. */
    PROCESSES("processes", "RLIMIT_NPROC", Unit.NUMBER, "Processes and threads of the user, all programs counted.");

    /** What is counted. */
    public enum Unit {
        /** Up to 2^63 - 1. */
        SECONDS(Long.MAX_VALUE),
        /** Up to 2^63 - 1, with k, m, g or t for powers of 1024. */
        BYTES(Long.MAX_VALUE),
        /** Up to 2^31 - 1. */
        NUMBER(Integer.MAX_VALUE);

        private final long most;

        Unit(long most) {
            this.most = most;
        }

        /**
         * The highest value.
         *
         * @return a positive number
         */
        public long most() {
            return most;
        }
    }

    private final String word;
    private final String resource;
    private final Unit unit;
    private final String meaning;

    Limit(String word, String resource, Unit unit, String meaning) {
        this.word = word;
        this.resource = resource;
        this.unit = unit;
        this.meaning = meaning;
    }

    /**
     * The key.
     *
     * @return such as {@code file-size}
     */
    public String word() {
        return word;
    }

    /**
     * The kernel's name.
     *
     * @return a constant of getrlimit(2)
     */
    public String resource() {
        return resource;
    }

    /**
     * What is counted.
     *
     * @return the unit
     */
    public Unit unit() {
        return unit;
    }

    /**
     * What it limits.
     *
     * @return one sentence
     */
    public String meaning() {
        return meaning;
    }

    /**
     * Reads a value.
     *
     * @param word digits, and for bytes perhaps one of k, m, g and t, which stand for powers of 1024
     * @return empty if it is none, or higher than the unit's highest
     */
    public OptionalLong value(String word) {
        int last = word.length() - 1;
        int power = unit == Unit.BYTES && last > 0 ? "kmgt".indexOf(Character.toLowerCase(word.charAt(last))) + 1 : 0;
        int shift = 10 * power;
        int length = power > 0 ? last : word.length();
        long value = 0;
        for (int i = 0; i < length; i++) {
            int digit = word.charAt(i) - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return OptionalLong.empty();
            }
            value = value * 10 + digit;
        }
        return length == 0 || value > unit.most() >> shift ? OptionalLong.empty() : OptionalLong.of(value << shift);
    }
}
