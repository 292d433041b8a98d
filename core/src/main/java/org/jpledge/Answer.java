package org.jpledge;

import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.FilterText;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** What a rule says, before it is known for which architecture: an error has a number of its own on each. */
sealed interface Answer {
    /** The action on an architecture. */
    Action on(Arch arch);

    /** The answer as messages have it. */
    String text();

    /** An action that is the same everywhere. */
    record Same(Action action) implements Answer {
        /** Checks that a refusal does not look like a success. */
        public Same {
            if (action instanceof Action.Errno(int number) && number == 0) {
                throw new IllegalArgumentException(
                        "errno takes 1 to 4095, not 0: the refused call would seem to succeed");
            }
        }

        @Override
        public Action on(Arch arch) {
            return action;
        }

        @Override
        public String text() {
            return FilterText.of(action, Arch.X86_64);
        }
    }

    /** An error by name. */
    record Named(Errno error) implements Answer {
        @Override
        public Action on(Arch arch) {
            return new Action.Errno(error.number(arch));
        }

        @Override
        public String text() {
            return "errno " + error;
        }
    }
}
