package org.jpledge.tools;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.policy.Reading;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/**
 * A policy's file that a word names.
 *
 * @param file its path
 * @param name the filter that is chosen of it by {@code #NAME}
 * @param policy what it says
 */
record PolicyFile(String file, Optional<String> name, PolicyDocument policy) {
    /**
     * Reads what a word names.
     *
     * @param input the word
     * @param bytes all that is in the file
     */
    static PolicyFile read(InputFile input, byte[] bytes, Arch arch, List<String> environment) throws Failure {
        Reading settings = new Reading(arch, variables(environment), Includes.NONE);
        try {
            PolicyDocument policy = new PolicyFiles().read(bytes, input.shown(), settings);
            return new PolicyFile(input.file(), input.part(), policy);
        } catch (PolicyException e) {
            throw new Failure(Failure.OURS, input.option() + Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    /** What names in a policy's paths stand for. */
    static Variables variables(List<String> environment) {
        return new Variables(LearnCommand.real(Words.value(environment, "HOME")), here());
    }

    private static String here() {
        try {
            return RawPath.word(RawPath.here());
        } catch (IOException _) {
            return ""; // It is removed, and who asks for it is told that it has no value.
        }
    }
}
