package org.jpledge.tools;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.bpf.AssemblySyntaxException;
import org.jpledge.bpf.InvalidProgramException;
import org.jpledge.bpf.Program;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Contrast;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Identity;
import org.jpledge.seccomp.Recovery;
import org.jpledge.seccomp.Shadow;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.inspect.Audit;
import org.jpledge.tools.inspect.CallText;
import org.jpledge.tools.inspect.ContrastText;
import org.jpledge.tools.inspect.Finding;
import org.jpledge.tools.inspect.Listing;
import org.jpledge.tools.inspect.ProgramFile;
import org.jpledge.tools.inspect.RecoveredText;
import org.jpledge.tools.inspect.Trial;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.policy.PolicyFilters;
import org.jpledge.tools.text.Json;
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

    /** The exit status where something differs, or something was found. */
    private static final int DIFFERENT = 1;

    /** The exit status where nothing was found to differ, but not everything could be followed. */
    private static final int UNSURE = 2;

    /** For whom a policy is compiled that asks for the process's own numbers. */
    private static final Identity SOMEBODY = new Identity(1, 0, 0);

    /** Does it; the result is the exit status. */
    int perform() throws Failure, IOException {
        return switch (line.command()) {
            case FILTER_DISASM -> disassemble();
            case FILTER_ASM -> assemble();
            case FILTER_EXPLAIN -> explain();
            case FILTER_RUN -> run();
            case FILTER_DIFF -> diff();
            case FILTER_CHECK -> check();
            case FILTER_DUMP -> dump();
            default -> throw new IllegalStateException(line.command().word());
        };
    }

    private int disassemble() throws Failure, IOException {
        ProgramFile file = program(operand("the file of a BPF program"));
        return write(Words.bytes(Listing.of(file.program(), file.order(), architecture(file))));
    }

    private int assemble() throws Failure, IOException {
        InputFile file = InputFile.of("", operand("the file of instructions"));
        Arch arch = architecture(line).orElse(Arch.host());
        Program program;
        try {
            program = Listing.read(file.text(), arch);
        } catch (AssemblySyntaxException e) {
            throw new Failure(Failure.OURS, file.shown() + ":" + e.getMessage());
        } catch (InvalidProgramException e) {
            throw file.failure(String.valueOf(e.getMessage()));
        }
        return write(program.encode(arch.order()));
    }

    private int explain() throws Failure, IOException {
        ProgramFile file = program(operand("the file of a filter"));
        return write(Words.bytes(RecoveredText.of(Recovery.of(file.program(), architecture(file)))));
    }

    private int run() throws Failure, IOException {
        Optional<String> cases = line.last(Option.CASES);
        if (line.rest().isEmpty() || line.rest().size() == 1 == cases.isEmpty()) {
            throw Failure.usage("filter run needs the file of a filter, and calls or --cases; "
                    + line.command().synopsis());
        }
        ProgramFile file = program(line.rest().getFirst());
        Arch arch = architecture(file);
        Trial trial = new Trial(file.program(), arch, line.has(Option.STEPS));
        if (cases.isPresent()) {
            return cases(trial, cases.get());
        }
        StringBuilder answers = new StringBuilder();
        for (String call : line.rest().subList(1, line.rest().size())) {
            try {
                answers.append(trial.of(call));
            } catch (CallText.CallException e) {
                throw Failure.usage("call \"" + call + "\": " + Words.ofText(String.valueOf(e.getMessage())));
            }
        }
        return write(Words.bytes(answers.toString()));
    }

    private int cases(Trial trial, String name) throws Failure {
        InputFile file = InputFile.of("", name);
        StringBuilder wrong = new StringBuilder();
        int number = 0;
        for (String each : file.text().lines().toList()) {
            number++;
            if (each.isBlank() || each.stripLeading().startsWith("#")) {
                continue;
            }
            try {
                Optional<String> other = trial.check(each);
                if (other.isPresent()) {
                    wrong.append(file.shown())
                            .append(':')
                            .append(number)
                            .append(": ")
                            .append(other.get())
                            .append('\n');
                }
            } catch (CallText.CallException e) {
                throw new Failure(
                        Failure.OURS,
                        file.shown() + ":" + number + ": " + Words.ofText(String.valueOf(e.getMessage())));
            }
        }
        write(Words.bytes(wrong.toString()));
        return wrong.isEmpty() ? 0 : DIFFERENT;
    }

    private int diff() throws Failure, IOException {
        List<String> names = operands(2, "two files of filters");
        Contrast contrast = Contrast.of(
                program(names.get(0)).program(), program(names.get(1)).program());
        write(Words.bytes(ContrastText.of(contrast, shown(names.get(0)), shown(names.get(1)))));
        return contrast.isEqual() ? 0 : contrast.disagreements().isEmpty() ? UNSURE : DIFFERENT;
    }

    private int check() throws Failure, IOException {
        InputFile input = InputFile.of("", operand("the file of a filter"));
        byte[] bytes = input.bytes();
        ProgramFile file = program(input, bytes);
        Arch arch = architecture(file);
        List<Finding> findings = new ArrayList<>(Audit.of(file.program(), arch));
        if (isText(bytes)) {
            for (Shadow shadow : Shadow.of(stated(input, bytes))) {
                findings.add(new Finding(Finding.Kind.DEAD_RULE, shadow.text(), Optional.empty()));
            }
            findings.sort((one, other) -> one.kind().compareTo(other.kind()));
        }
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append(line.has(Option.FINDINGS_JSON) ? json(finding) : plain(finding));
        }
        if (!line.has(Option.FINDINGS_JSON)) {
            text.append("# ").append(Audit.cost(file.program(), arch)).append('\n');
        }
        write(Words.bytes(text.toString()));
        return findings.isEmpty() ? 0 : DIFFERENT;
    }

    private static String plain(Finding finding) {
        return finding.kind().severity().word() + " " + finding.kind().id() + ": " + finding.sentence()
                + finding.witness().map("; such as "::concat).orElse("") + "\n";
    }

    private static String json(Finding finding) {
        Json.Members members = new Json.Members()
                .with("id", finding.kind().id())
                .with("severity", finding.kind().severity().word())
                .with("sentence", finding.sentence());
        finding.witness().ifPresent(witness -> members.with("witness", witness));
        return Json.text(members);
    }

    private int dump() throws Failure, IOException {
        String process = operand("the number of a process");
        OptionalInt index = OptionalInt.empty();
        if (line.has(Option.INDEX)) {
            index = OptionalInt.of(number(line.last(Option.INDEX).orElse(""), "option --index"));
        }
        List<byte[]> filters = InstalledFilters.of(number(process, "filter dump"));
        if (index.isPresent()) {
            if (index.getAsInt() >= filters.size()) {
                throw Failure.usage("option --index: process " + process + " has "
                        + (filters.size() == 1
                                ? "one filter, 0"
                                : filters.size() + " filters, 0 to " + (filters.size() - 1)));
            }
            return write(filters.get(index.getAsInt()));
        }
        Optional<String> directory = line.last(Option.WRITTEN);
        if (directory.isPresent()) {
            Path made = RawPath.of(directory.get());
            try {
                Files.createDirectories(made);
            } catch (IOException e) {
                throw new Failure(Failure.OURS, "option --output: " + directory.get() + ": cannot be made a directory");
            }
            for (int i = 0; i < filters.size(); i++) {
                OutputFile.writeText(Option.WRITTEN, directory.get() + "/" + i + ".bpf", filters.get(i));
            }
            return 0;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < filters.size(); i++) {
            Program program =
                    ProgramFile.read(filters.get(i), Optional.of(Arch.host())).program();
            text.append("## filter ")
                    .append(i)
                    .append(" of ")
                    .append(filters.size())
                    .append(", ");
            text.append(program.length()).append(" instructions\n");
            text.append(RecoveredText.of(Recovery.of(program, Arch.host())));
        }
        return write(Words.bytes(text.toString()));
    }

    private static int number(String word, String what) throws Failure {
        try {
            int number = Integer.parseInt(word);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw Failure.usage(what + ": \"" + word + "\" is not a number");
        }
        throw Failure.usage(what + ": " + word + " is less than 0");
    }

    /** The architecture that was asked for, or that a program asks for, or this machine's. */
    private Arch architecture(ProgramFile file) throws Failure {
        return architecture(line).or(file::arch).orElse(Arch.host());
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
        return NamedArchitecture.last(line, Option.FOR_ARCHITECTURE);
    }

    /** The program in a file, or what a policy in it is compiled to. */
    private ProgramFile program(String word) throws Failure {
        InputFile file = InputFile.of("", word);
        return program(file, file.bytes());
    }

    private ProgramFile program(InputFile file, byte[] bytes) throws Failure {
        return isText(bytes) ? compiled(file, bytes) : FilterSource.program(file, bytes);
    }

    private static boolean isText(byte[] bytes) {
        return bytes.length > 0 && !FilterSource.isProgram(bytes);
    }

    private Imported imported(InputFile file, byte[] bytes) throws Failure {
        Arch arch = architecture(line).orElse(Arch.host());
        return FilterSource.read(file, bytes, ImportSettings.of(arch).withIncludes(file.includes(new PolicyFiles())));
    }

    /** The rules that a text states itself, without those of its promises. */
    private Filter stated(InputFile file, byte[] bytes) throws Failure {
        Imported imported = imported(file, bytes);
        Arch arch = architecture(line).orElse(Arch.host());
        try {
            return imported.policy().promises().isEmpty()
                    ? imported.filter(file.part().orElse(""))
                    : PolicyFilters.stated(imported.policy(), file.part().orElse(PolicyDocument.MAIN), arch);
        } catch (ImportException e) {
            throw file.failure(e);
        } catch (PolicyException e) {
            throw file.failure(Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    private ProgramFile compiled(InputFile file, byte[] bytes) throws Failure {
        Arch arch = architecture(line).orElse(Arch.host());
        try {
            Filter filter = imported(file, bytes).filter(file.part().orElse(""));
            return new ProgramFile(Compiler.compile(filter).bind(SOMEBODY), arch.order());
        } catch (ImportException e) {
            throw file.failure(e);
        } catch (InvalidProgramException e) {
            throw file.failure(Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    /** How a file is called in what is printed. */
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
