package org.jpledge.tools.exchange;

import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.Since;

/** Which calls a tool of others knows by name. It refuses a file that names another one, so that is said otherwise or left out. */
enum Vocabulary {
    /** Its tables were made of Linux 6.12. */
    SECCOMPILER("6.12"),
    /** Its tables are made by hand; numbers can be said, too. */
    KAFEL("6.12");

    private final String newest;

    Vocabulary(String newest) {
        this.newest = newest;
    }

    /** Whether it has a name for a call of ours. */
    boolean has(String call, Arch arch) {
        KernelVersion last = KernelVersion.parse(newest);
        return Since.of(call, arch).map(since -> since.compareTo(last) <= 0).orElse(true);
    }
}
