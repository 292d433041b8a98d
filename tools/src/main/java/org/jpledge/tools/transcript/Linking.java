package org.jpledge.tools.transcript;

import java.util.Set;

/**
 * Guesses when a program's entry point is reached, which transcripts of others do not say: the dynamic linker makes few kinds of
 * calls, opens libraries, and unmaps its cache last of all.
 */
final class Linking {
    private static final Set<String> CALLS = Set.of(
            "access",
            "arch_prctl",
            "brk",
            "close",
            "faccessat",
            "faccessat2",
            "fstat",
            "getrandom",
            "mmap",
            "mprotect",
            "munmap",
            "newfstatat",
            "open",
            "openat",
            "pread64",
            "prlimit64",
            "read",
            "readlink",
            "readlinkat",
            "rseq",
            "set_robust_list",
            "set_tid_address",
            "stat",
            "statx",
            "uname");

    private static final String CACHE = "/etc/ld.so.cache";

    private boolean early = true;
    private int cacheDescriptor = -1;
    private String cache = "";

    /** What is known of a call. */
    record Step(String name, String path, int descriptor, String firstArgument, boolean succeeded, String result) {}

    /**
     * Takes the next call of the process.
     *
     * @return whether the linker made it
     */
    boolean isEarly(Step step) {
        if (!early) {
            return false;
        }
        if (!CALLS.contains(step.name()) || !(step.path().isEmpty() || isOfLinker(step))) {
            early = false;
            return false;
        }
        if (step.name().startsWith("open")) {
            cacheDescriptor = step.path().equals(CACHE) && step.succeeded() ? step.descriptor() : -1;
        } else if (step.name().equals("mmap") && step.descriptor() >= 0 && step.descriptor() == cacheDescriptor) {
            cache = step.result();
        } else if (step.name().equals("munmap") && step.firstArgument().equals(cache)) {
            early = false;
            return true;
        }
        return true;
    }

    /** Libraries, the linker's own files, and the directories in which it looks for libraries. */
    private static boolean isOfLinker(Step step) {
        return step.path().contains(".so")
                || step.path().startsWith("/etc/ld")
                || step.path().startsWith("/proc/self/exe")
                || !step.name().startsWith("open") && step.path().contains("/lib");
    }
}
