package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.bpf.AssemblySyntaxException;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.bpf.Program;
import org.jpledge.seccomp.Recovery;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.inspect.Listing;
import org.jpledge.tools.inspect.ProgramFile;
import org.jpledge.tools.inspect.RecoveredText;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/**
 * {@code pledge filter}: what is done with a filter as such.
 *
 * @param line the command line
 * @param out standard output; a character is a byte
 */
record FilterCommand(CommandLine line, PrintStream out) {
    private static final String STANDARD = "-";
    private static final int MOST = 16 << 20;

    /** Does it; the result is the exit status. */
    int perform() throws Failure, IOException {
        return switch (line.command()) {
            case FILTER_DISASM -> disassemble();
            case FILTER_ASM -> assemble();
            case FILTER_EXPLAIN -> explain();
            default -> throw new IllegalStateException(line.command().word());
        };
    }

    private int disassemble() throws Failure, IOException {
        ProgramFile file = program(operand("the file of a BPF program"));
        Arch arch = architecture(line).or(file::arch).orElse(Arch.host());
        return write(Words.bytes(Listing.of(file.program(), file.order(), arch)));
    }

    private int assemble() throws Failure, IOException {
        String name = operand("the file of instructions");
        Arch arch = architecture(line).orElse(Arch.host());
        Program program;
        try {
            program = Listing.read(text(name), arch);
        } catch (AssemblySyntaxException e) {
            throw new Failure(Failure.OURS, shown(name) + ":" + e.getMessage());
        } catch (InvalidProgramException e) {
            throw new Failure(Failure.OURS, shown(name) + ": " + e.getMessage());
        }
        return write(program.encode(arch.order()));
    }

    private int explain() throws Failure, IOException {
        ProgramFile file = program(operand("the file of a filter"));
        Arch arch = architecture(line).or(file::arch).orElse(Arch.host());
        return write(Words.bytes(RecoveredText.of(Recovery.of(file.program(), arch))));
    }

    /** The only operand. */
    private String operand(String what) throws Failure {
        return operands(1, what).getFirst();
    }

    private List<String> operands(int count, String what) throws Failure {
        if (line.rest().size() < count) {
            throw Failure.usage(line.command().word() + " needs " + what + "; "
                    + line.command().synopsis());
        }
        if (line.rest().size() > count) {
            throw Failure.usage(line.command().word() + " takes no \""
                    + line.rest().get(count) + "\"; " + line.command().synopsis());
        }
        return line.rest();
    }

    /** The architecture that was asked for. */
    static Optional<Arch> architecture(CommandLine line) throws Failure {
        Optional<String> word = line.last(Option.FOR_ARCHITECTURE);
        if (word.isEmpty()) {
            return Optional.empty();
        }
        Optional<Arch> arch = Arch.parse(word.get());
        if (arch.isPresent()) {
            return arch;
        }
        List<String> labels = new ArrayList<>();
        for (Arch each : Arch.values()) {
            labels.add(each.label());
        }
        throw Failure.usage(
                "option --arch: \"" + word.get() + "\" is none of " + String.join(", ", labels),
                Nearest.nearest(word.get(), labels));
    }

    private ProgramFile program(String name) throws Failure, IOException {
        byte[] bytes = bytes(name, ProgramFile.LARGEST, "a BPF program has at most 4096 instructions of 8 bytes");
        try {
            return ProgramFile.read(bytes, architecture(line));
        } catch (InvalidProgramException e) {
            throw new Failure(Failure.OURS, shown(name) + ": no BPF program for seccomp: " + e.getMessage());
        }
    }

    private static String text(String name) throws Failure, IOException {
        byte[] bytes = bytes(name, MOST, "at most 16 MiB are read");
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Failure(Failure.OURS, shown(name) + ": this is no text in UTF-8");
        }
    }

    /** All that is in a file, or comes from standard input. */
    private static byte[] bytes(String name, int most, String limit) throws Failure, IOException {
        if (name.equals(STANDARD)) {
            return limited(System.in, name, most, limit);
        }
        Path file = RawPath.of(name);
        String reason;
        if (Files.isDirectory(file)) {
            reason = "is a directory";
        } else {
            try (InputStream in = Files.newInputStream(file)) {
                return limited(in, name, most, limit);
            } catch (NoSuchFileException e) {
                reason = "no such file";
            } catch (AccessDeniedException e) {
                reason = "permission denied";
            } catch (FileSystemException e) {
                reason = e.getReason();
            }
        }
        throw new Failure(Failure.OURS, name + ": " + reason);
    }

    private static byte[] limited(InputStream in, String name, int most, String limit) throws Failure, IOException {
        byte[] bytes = in.readNBytes(most + 1);
        if (bytes.length > most) {
            throw new Failure(Failure.OURS, shown(name) + ": more than " + most + " bytes (" + limit + ")");
        }
        return bytes;
    }

    /** How a file is called in messages. */
    private static String shown(String name) {
        return name.equals(STANDARD) ? "standard input" : name;
    }

    /** Writes where -o says. */
    private int write(byte[] bytes) throws Failure {
        return write(line, out, bytes);
    }

    /** Writes where -o says. */
    static int write(CommandLine line, PrintStream out, byte[] bytes) throws Failure {
        Optional<String> name = line.last(Option.WRITTEN);
        if (name.isPresent() && !name.get().equals(STANDARD)) {
            OutputFile.writeText(Option.WRITTEN, name.get(), bytes);
            return 0;
        }
        out.write(bytes, 0, bytes.length);
        out.flush();
        if (out.checkError()) {
            throw new Failure(Failure.OURS, "cannot write to standard output");
        }
        return 0;
    }
}
