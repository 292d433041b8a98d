package org.jpledge.seccomp;

import java.util.List;

/**
 * What the verifier came to about one program.
 *
 * @param findings what is wrong; if there is nothing here and in {@code unproven}, the program answers every call of every
 *     architecture as the filter's rules do, for the processes that were looked at
 * @param unproven parts of the program that could not be followed, and why
 * @param paths how many ways through the program were followed
 * @param longest the most instructions on any way
 * @param converted how many instructions the kernel counts
 * @param remembered how many numbers the kernel lets through without running the program
 */
public record Verification(
        List<Finding> findings, List<String> unproven, int paths, int longest, int converted, int remembered) {
    /** Copies the lists. */
    public Verification {
        findings = List.copyOf(findings);
        unproven = List.copyOf(unproven);
    }

    /**
     * Whether the program is proven right.
     *
     * @return true if nothing is wrong and nothing was left open
     */
    public boolean isProven() {
        return findings.isEmpty() && unproven.isEmpty();
    }
}
