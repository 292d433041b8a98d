package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
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
    /** Standard input. */
    private static final String STANDARD = "-";

    /**
     * Reads what a word names.
     *
     * @param option what messages begin with
     * @param word a path, perhaps with #NAME; a dash is standard input
     */
    static PolicyFile read(String option, String word, Arch arch, List<String> environment) throws Failure {
        int hash = word.lastIndexOf('#');
        // A name may have the character, too.
        boolean whole = hash < 0 || Files.exists(RawPath.of(word));
        String file = whole ? word : word.substring(0, hash);
        Optional<String> name = whole ? Optional.empty() : Optional.of(word.substring(hash + 1));
        PolicyFiles files = new PolicyFiles();
        Reading settings = new Reading(arch, variables(environment), Includes.NONE);
        try {
            PolicyDocument policy = file.equals(STANDARD)
                    ? files.read(System.in, "standard input", settings)
                    : files.read(file, settings);
            return new PolicyFile(file, name, policy);
        } catch (PolicyException e) {
            throw new Failure(Failure.OURS, option + Words.ofText(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw new Failure(Failure.OURS, option + file + ": " + Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    /** What names in a policy's paths stand for. */
    static Variables variables(List<String> environment) {
        return new Variables(LearnCommand.real(Words.value(environment, "HOME")), here());
    }

    private static String here() {
        try {
            return RawPath.word(RawPath.of("/proc/self/cwd").toRealPath());
        } catch (IOException _) {
            return ""; // It is removed, and who asks for it is told that it has no value.
        }
    }

    /** The file's name without directory and ending, in lower-case letters, digits and dashes. */
    String shortName() {
        String last = file.substring(file.lastIndexOf('/') + 1);
        int dot = last.lastIndexOf('.');
        StringBuilder name = new StringBuilder();
        for (char c : (dot > 0 ? last.substring(0, dot) : last).toCharArray()) {
            char lower = Character.toLowerCase(c);
            name.append(lower >= 'a' && lower <= 'z' || lower >= '0' && lower <= '9' ? lower : '-');
        }
        String text = name.toString();
        return text.replace("-", "").isEmpty() ? "policy" : text;
    }
}
