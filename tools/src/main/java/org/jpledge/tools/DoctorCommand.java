package org.jpledge.tools;

import java.util.List;
import org.jpledge.tools.doctor.Examination;
import org.jpledge.tools.doctor.Finding;
import org.jpledge.tools.doctor.Standing;
import org.jpledge.tools.text.Json;

/** {@code pledge doctor}: what this machine can enforce. */
final class DoctorCommand {
    private static final int FINE = 0;
    private static final int LESS = 1;
    private static final int UNABLE = 2;

    private DoctorCommand() {}

    /**
     * The findings, as text.
     *
     * @param json an object a line, or else a line a finding, with what it means, and how to change it beneath where it is not fine
     */
    static String text(List<Finding> findings, boolean json) {
        StringBuilder out = new StringBuilder(4096);
        for (Finding finding : findings) {
            if (json) {
                out.append(Json.text(json(finding)));
            } else {
                append(out, finding);
            }
        }
        return out.toString();
    }

    /** A finding as programs read it. */
    static Json.Members json(Finding finding) {
        return new Json.Members()
                .with("id", finding.id())
                .with("standing", finding.standing().word())
                .with("state", finding.state())
                .with("meaning", finding.meaning())
                .with("remedy", finding.remedy());
    }

    private static void append(StringBuilder out, Finding finding) {
        boolean isFine = finding.standing() == Standing.FINE;
        String told = isFine && !finding.meaning().isEmpty() ? ": " + finding.meaning() : "";
        out.append(String.format("%-8s%-34s%s%n", finding.standing().word(), finding.id(), finding.state() + told));
        for (String line : isFine ? List.<String>of() : List.of(finding.meaning(), finding.remedy())) {
            if (!line.isEmpty()) {
                out.append(" ".repeat(10)).append(line).append('\n');
            }
        }
    }

    /** The exit status. */
    static int status(List<Finding> findings) {
        int status = FINE;
        for (Finding finding : findings) {
            status = Math.max(
                    status,
                    finding.standing() == Standing.FATAL
                            ? UNABLE
                            : finding.standing() == Standing.MISSING ? LESS : FINE);
        }
        return status;
    }

    static List<Finding> examine(List<String> operands) throws Failure {
        if (!operands.isEmpty()) {
            throw Failure.usage("doctor takes no \"" + operands.getFirst() + '"');
        }
        return Examination.ofThisMachine();
    }
}
