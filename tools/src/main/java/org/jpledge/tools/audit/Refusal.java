package org.jpledge.tools.audit;

import java.util.List;
import org.jpledge.seccomp.Action;

/** Something that the kernel refused to a program, or would have refused and wrote down instead. */
public sealed interface Refusal {
    /**
     * When.
     *
     * @return milliseconds since 1970
     */
    long at();

    /**
     * To whom.
     *
     * @return the process
     */
    Offender offender();

    /**
     * Which process it was.
     *
     * @param name the thread's name, at most 15 bytes; bytes as characters; empty if the record that says it is lost
     * @param pid the process's number; 0 if that is not known
     * @param uid its real user; -1 if that is not known
     * @param executable the file that it runs; bytes as characters; empty if that is not known
     */
    record Offender(String name, int pid, long uid, String executable) {
        /** Nobody knows who. */
        static final Offender UNKNOWN = new Offender("", 0, -1, "");
    }

    /**
     * A system call, by seccomp.
     *
     * @param at when
     * @param offender whose
     * @param arch the architecture's label; a number in hexadecimal where it is none of ours
     * @param number the call's number
     * @param name its name; empty if it has none
     * @param words the promises that have to do with it: the record says nothing of its arguments, so which of them was missed
     *     is not known if there are several; empty if no promise allows the call
     * @param action what the filter did, as the rule language has it: {@code errno EPERM}
     * @param allowed whether the call was made all the same, as {@link Action.Log} has it
     */
    record Call(
            long at,
            Offender offender,
            String arch,
            int number,
            String name,
            List<String> words,
            String action,
            boolean allowed)
            implements Refusal {
        /** Copies the words. */
        public Call {
            words = List.copyOf(words);
        }
    }

    /**
     * An access, by Landlock.
     *
     * @param at when
     * @param offender whose
     * @param need what would have allowed it: letters as unveil(2) has them, {@code connect} or {@code bind} for a port, a
     *     promise; empty if nothing does
     * @param object the path, the address with its port, or the process; bytes as characters; empty if that is not known
     * @param blockers the rights that the domain lacked, as the kernel has them: {@code fs.read_file}
     * @param call the name of the system call; empty if the kernel did not write it down
     */
    record Access(long at, Offender offender, String need, String object, List<String> blockers, String call)
            implements Refusal {
        /** Copies the rights. */
        public Access {
            blockers = List.copyOf(blockers);
        }
    }
}
