package org.jpledge.tools;

import java.util.Optional;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.seccomp.Recovery;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.exchange.PolicySource;
import org.jpledge.tools.inspect.ProgramFile;
import org.jpledge.tools.inspect.RecoveredText;

/** What files have that hold filters: policies of ours or of others, rules alone, or programs of BPF. */
final class FilterSource {
    private FilterSource() {}

    /** Whether bytes can only be a program: every one has zero bytes, and no text has. */
    static boolean isProgram(byte[] bytes) {
        for (byte one : bytes) {
            if (one == 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether bytes are to be a policy's file of ours: no program, and no form of others. */
    static boolean isPolicy(byte[] bytes) {
        try {
            String text = isProgram(bytes) ? "" : PolicySource.text(bytes);
            return !isProgram(bytes) && (text.isBlank() || PolicySource.isOwn(text));
        } catch (ImportException _) {
            return true; // Who reads it says which byte is no text.
        }
    }

    /** The program that bytes are. */
    static ProgramFile program(InputFile file, byte[] bytes) throws Failure {
        if (bytes.length > ProgramFile.LARGEST) {
            throw file.failure(
                    bytes.length + " bytes are no BPF program, which has at most 4096 instructions of 8 bytes");
        }
        try {
            return ProgramFile.read(bytes, Optional.empty());
        } catch (InvalidProgramException e) {
            throw file.failure("no BPF program for seccomp: " + e.getMessage());
        }
    }

    /** The rules that a program follows, all of which could be followed. */
    static Recovery recovered(InputFile file, byte[] bytes) throws Failure {
        ProgramFile program = program(file, bytes);
        Recovery recovery = Recovery.of(program.program(), program.arch().orElse(Arch.host()));
        if (!recovery.unclear().isEmpty()) {
            throw file.failure(
                    "no rules say what the program does: " + recovery.unclear().getFirst());
        }
        return recovery;
    }

    /** What is in a file, whatever it is. What a program does and no rules can say is among the remarks. */
    static Imported read(InputFile file, byte[] bytes, ImportSettings settings) throws Failure {
        if (isProgram(bytes)) {
            Recovery recovery = recovered(file, bytes);
            return Imported.of(recovery.filter(), RecoveredText.deviations(recovery));
        }
        try {
            return PolicySource.read(bytes, settings);
        } catch (ImportException e) {
            throw file.failure(e);
        }
    }
}
