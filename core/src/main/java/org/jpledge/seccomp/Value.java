package org.jpledge.seccomp;

/** What an argument is compared with. */
public sealed interface Value {
    /**
     * The number in a given process.
     *
     * @param self the process
     * @return 64 bits; a variable's upper half is zero
     */
    long in(Identity self);

    /**
     * A number that is known to the compiler.
     *
     * @param number 64 bits
     */
    record Constant(long number) implements Value {
        @Override
        public long in(Identity self) {
            return number;
        }
    }

    /**
     * A number of the confined process itself.
     *
     * @param variable which
     */
    record Own(Variable variable) implements Value {
        @Override
        public long in(Identity self) {
            return Integer.toUnsignedLong(self.of(variable));
        }
    }
}
