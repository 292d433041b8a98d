package org.jpledge.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads machine code with objdump, which knows nothing of this project.
 *
 * @param command the program, and how it is told the processor
 */
public record Disassembler(List<String> command) {
    private static final Pattern INSTRUCTION = Pattern.compile("\\s*([0-9a-f]+):\\t([0-9a-f ]+?)\\s*(?:\\t(.*))?");
    private static final Pattern COMMENT = Pattern.compile("\\s*(?://|#\\s).*");
    private static final Pattern RELATIVE = Pattern.compile("\\[rip[+-]0x[0-9a-f]+\\]\\s*# (0x[0-9a-f]+).*");
    private static final Pattern HEXADECIMAL = Pattern.compile("\\b0x([0-9a-f]+)\\b");

    /**
     * An instruction as objdump sees it.
     *
     * @param offset where in the code
     * @param text the instruction, all constants decimal, addresses absolute, one space between words
     */
    public record Instruction(int offset, String text) {}

    /** For x86-64 code. Skips the test where it is not installed. */
    public static Disassembler x8664() {
        return of("i386:x86-64", "intel", List.of("objdump", "x86_64-linux-gnu-objdump"), "binutils");
    }

    /** For aarch64 code. Skips the test where it is not installed. */
    public static Disassembler aarch64() {
        List<String> candidates = List.of("objdump", "aarch64-linux-gnu-objdump");
        return of("aarch64", null, candidates, "binutils-aarch64-linux-gnu or binutils-multiarch");
    }

    private static Disassembler of(
            String machine, @Nullable String options, List<String> candidates, String debianPackage) {
        for (String candidate : candidates) {
            if (knows(candidate, machine)) {
                List<String> command = new ArrayList<>(List.of(candidate, "-D", "-z", "-b", "binary", "-m", machine));
                if (options != null) {
                    command.addAll(List.of("-M", options));
                }
                return new Disassembler(List.copyOf(command));
            }
        }
        assumeTrue(false, "no objdump that knows " + machine + " (Debian: " + debianPackage + ")");
        throw new AssertionError();
    }

    private static boolean knows(String command, String machine) {
        try {
            return (" " + run(List.of(command, "--help")).replaceAll("\\s+", " ") + " ").contains(" " + machine + " ");
        } catch (IOException e) {
            return false; // not installed
        }
    }

    /** All instructions, in order, from the first byte on. */
    public List<Instruction> read(byte[] code) throws IOException {
        Path file = Files.createTempFile("code", ".bin");
        try {
            Files.write(file, code);
            List<String> whole = new ArrayList<>(command);
            whole.add(file.toString());
            List<Instruction> instructions = new ArrayList<>();
            for (String line : run(whole).lines().toList()) {
                Matcher matcher = INSTRUCTION.matcher(line);
                if (matcher.matches() && matcher.group(3) != null) {
                    instructions.add(
                            new Instruction(Integer.parseInt(matcher.group(1), 16), normalized(matcher.group(3))));
                }
            }
            return instructions;
        } finally {
            Files.delete(file);
        }
    }

    private static String normalized(String text) {
        String absolute = RELATIVE.matcher(text).replaceFirst("[$1]");
        String plain = COMMENT.matcher(absolute).replaceFirst("").strip().replaceAll("\\s+", " ");
        return HEXADECIMAL
                .matcher(plain)
                .replaceAll(number -> Long.toString(Long.parseUnsignedLong(number.group(1), 16)));
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }
}
