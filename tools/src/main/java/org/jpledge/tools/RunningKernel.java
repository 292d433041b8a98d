package org.jpledge.tools;

import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.launch.LandlockProbe;
import org.jpledge.linux.Landlock;

/**
 * What the running kernel can enforce of paths and ports.
 *
 * @param abi its version of Landlock
 * @param absence why there is none; empty where there is one
 */
record RunningKernel(Abi abi, Optional<String> absence) {
    /** Asks it. */
    static RunningKernel asked() {
        return of(Landlock.support());
    }

    /** Understands what the probe found, by its exit status; asks where that says nothing. */
    static RunningKernel probed(String status) {
        int answer = LandlockProbe.answer(Integer.parseInt(status));
        return answer == 0 ? asked() : of(Landlock.Support.of(answer));
    }

    private static RunningKernel of(Landlock.Support support) {
        return new RunningKernel(support.abi(), support.absence());
    }

    /** Its Landlock, for people. */
    String text() {
        if (absence.isPresent()) {
            return "no Landlock: " + absence.get();
        }
        return "Landlock ABI " + abi.version() + (abi.linux().isEmpty() ? "" : ", as in Linux " + abi.linux());
    }
}
