package org.jpledge.tools.inspect;

import java.util.Optional;

/**
 * Something about a filter that its author may not have meant.
 *
 * @param kind what it is
 * @param sentence what there is to say, with the numbers and names of this filter
 * @param witness a call that shows it
 */
public record Finding(Kind kind, String sentence, Optional<String> witness) {
    /** How bad it is. */
    public enum Severity {
        /** What the filter refuses can be had all the same. */
        HIGH,
        /** It is likely to do what was not meant. */
        MEDIUM,
        /** It costs something, or may surprise. */
        LOW;

        /**
         * As it is printed.
         *
         * @return a word in small letters
         */
        public String word() {
            return switch (this) {
                case HIGH -> "high";
                case MEDIUM -> "medium";
                case LOW -> "low";
            };
        }
    }

    /** What is looked for. */
    public enum Kind {
        /** Calls of another architecture are let through. */
        ARCHITECTURE("architecture", Severity.HIGH),
        /** Calls of x32 are let through. */
        X32("x32", Severity.HIGH),
        /** A call that is refused is let through with other bits above an int. */
        WIDE_COMPARISON("wide-comparison", Severity.HIGH),
        /** TIOCSTI is let through, perhaps only with bits that the kernel does not look at. */
        TIOCSTI("tiocsti", Severity.HIGH),
        /** A call of 32-bit architectures that stands for many others is let through. */
        MULTIPLEXER("multiplexer", Severity.HIGH),
        /** Only the low half of a 64-bit argument is compared. */
        NARROW_COMPARISON("narrow-comparison", Severity.MEDIUM),
        /** A refused call seems to succeed. */
        ERRNO_ZERO("errno-zero", Severity.MEDIUM),
        /** Calls that are not known do not fail with ENOSYS. */
        UNKNOWN_NUMBERS("unknown-numbers", Severity.MEDIUM),
        /** A rule of a policy that no call can meet. */
        DEAD_RULE("dead-rule", Severity.MEDIUM),
        /** An int is compared in 64 bits, which refuses what was meant to be let through. */
        STRICT_COMPARISON("strict-comparison", Severity.LOW),
        /** Instructions to which no call comes. */
        DEAD_INSTRUCTIONS("dead-instructions", Severity.LOW),
        /** Calls that are let through whatever their arguments, and yet run the program each time. */
        NOT_REMEMBERED("not-remembered", Severity.LOW),
        /** Parts of the program are not followed. */
        NOT_FOLLOWED("not-followed", Severity.LOW);

        private final String id;
        private final Severity severity;

        Kind(String id, Severity severity) {
            this.id = id;
            this.severity = severity;
        }

        /**
         * Its name.
         *
         * @return words with dashes between them
         */
        public String id() {
            return id;
        }

        /**
         * How bad it is.
         *
         * @return the severity
         */
        public Severity severity() {
            return severity;
        }
    }
}
