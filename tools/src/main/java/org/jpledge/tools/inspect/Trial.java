package org.jpledge.tools.inspect;

import java.util.Optional;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;

/**
 * A program that is asked about calls.
 *
 * @param program the program
 * @param arch in whose numbers the calls are written
 * @param steps whether to show each instruction that is executed
 */
public record Trial(Program program, Arch arch, boolean steps) {
    private static final int COLUMN = 36;

    /**
     * What a call gets.
     *
     * @param call the call, as text
     * @return the action on a line, after the instructions that were executed if these are wanted
     * @throws CallText.CallException if it is no call
     */
    public String of(String call) throws CallText.CallException {
        SeccompData data = CallText.parse(call, arch);
        StringBuilder out = new StringBuilder();
        if (steps) {
            for (Interpreter.Step step : new Interpreter(program).steps(data, arch.order())) {
                int start = out.length();
                int at = step.instruction();
                out.append('l').append(at).append(": ");
                out.append(Disassembler.text(program.insns().get(at), at));
                while (out.length() - start < COLUMN) {
                    out.append(' ');
                }
                out.append(" ; a=0x").append(Integer.toHexString(step.a()));
                out.append(" x=0x").append(Integer.toHexString(step.x())).append('\n');
            }
        }
        return out.append(FilterText.of(run(data), arch)).append('\n').toString();
    }

    private Action run(SeccompData data) {
        return Action.of(new Interpreter(program).run(data, arch.order()).value());
    }

    /**
     * Checks a case.
     *
     * @param line a call, {@code ->}, and an action
     * @return what is wrong; empty if the call gets the action
     * @throws CallText.CallException if it is no case
     */
    public Optional<String> check(String line) throws CallText.CallException {
        int arrow = line.lastIndexOf("->");
        if (arrow < 0) {
            throw new CallText.CallException(line.length() + 1, "expected -> and an action");
        }
        String call = line.substring(0, arrow).strip();
        Action expected;
        try {
            expected =
                    new RuleParser(arch).parseAction(line.substring(arrow + 2).strip());
        } catch (RuleSyntaxException e) {
            throw new CallText.CallException(arrow + 3, String.valueOf(e.getMessage()));
        }
        Action answer = run(CallText.parse(call, arch));
        return answer.equals(expected)
                ? Optional.empty()
                : Optional.of(call + " gets " + FilterText.of(answer, arch) + ", not " + FilterText.of(expected, arch));
    }
}
