package org.jpledge.tools;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Program;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Shadow;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.exchange.Exportable;
import org.jpledge.tools.exchange.Exported;
import org.jpledge.tools.exchange.Format;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.exchange.WithoutVariables;
import org.jpledge.tools.inspect.Listing;
import org.jpledge.tools.inspect.NamedRule;
import org.jpledge.tools.policy.JsonPolicy;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyException;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.policy.PolicyFilters;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Words;

/**
 * {@code pledge filter build}: from a policy's file to the filter that it is.
 *
 * @param line the command line
 * @param environment the caller's
 * @param out standard output; a character is a byte
 * @param err standard error, likewise
 */
record BuildCommand(CommandLine line, List<String> environment, PrintStream out, PrintStream err) {
    /** What is written without one of the others' formats, a row each. */
    enum Form {
        BPF("bpf", "the program as the kernel takes it"),
        ASM("asm", "its instructions"),
        TEXT("text", "its rules"),
        TOML("toml", "a policy's file with its rules"),
        JSON("json", "the same in JSON");

        private final String word;
        private final String meaning;

        Form(String word, String meaning) {
            this.word = word;
            this.meaning = meaning;
        }

        String word() {
            return word;
        }

        String meaning() {
            return meaning;
        }
    }

    /** A filter, under its name. */
    private record Named(String name, Filter filter) {}

    /** Does it; the result is the exit status. */
    int perform() throws Failure, IOException {
        if (line.rest().size() != 1) {
            throw Failure.usage(line.command().word() + " needs the file of one policy, or - for standard input; "
                    + line.command().synopsis());
        }
        Arch arch = FilterCommand.architecture(line).orElse(Arch.host());
        String word = line.last(Option.FORM).orElse(Form.BPF.word());
        check(word);
        PolicyFile file = file(InputFile.of("", line.rest().getFirst()), arch);
        Named named = filter(file, arch);
        warn(file, named.name(), arch);
        for (Form form : Form.values()) {
            if (form.word().equals(word)) {
                return FilterCommand.write(line, out, bytes(form, named, arch));
            }
        }
        return FilterCommand.write(line, out, exported(file, named, word));
    }

    /** A policy's file of ours, or the filters of any other file as one. */
    private PolicyFile file(InputFile input, Arch arch) throws Failure {
        byte[] bytes = input.bytes();
        if (FilterSource.isPolicy(bytes)) {
            return PolicyFile.read(input, bytes, arch, environment);
        }
        ImportSettings settings = ImportSettings.of(arch).withIncludes(input.includes(new PolicyFiles()));
        Imported imported = FilterSource.read(input, bytes, settings);
        tell(imported.remarks());
        return new PolicyFile(input.file(), input.part(), PolicyDocument.EMPTY.filtering(imported.filters()));
    }

    /** Says which rules of the policy can never match. What the promises say anyway is not among them. */
    private void warn(PolicyFile file, String name, Arch arch) throws Failure {
        List<String> warnings = new ArrayList<>();
        try {
            Shadow.of(PolicyFilters.stated(file.policy(), name, arch)).forEach(shadow -> warnings.add(shadow.text()));
        } catch (PolicyException e) {
            throw new Failure(Failure.OURS, file.file() + ": " + Words.ofText(String.valueOf(e.getMessage())));
        }
        tell(warnings);
    }

    /** The filter that was chosen. */
    private static Named filter(PolicyFile file, Arch arch) throws Failure {
        SortedMap<String, Filter> filters;
        try {
            filters = PolicyFilters.of(file.policy(), arch);
        } catch (PolicyException e) {
            throw new Failure(Failure.OURS, file.file() + ": " + Words.ofText(String.valueOf(e.getMessage())));
        }
        String name = file.name().orElse(filters.size() == 1 ? filters.firstKey() : PolicyDocument.MAIN);
        Filter filter = filters.get(name);
        if (filter == null) {
            throw new Failure(
                    Failure.OURS,
                    Failure.suggesting(
                            file.file() + " has the filters " + String.join(", ", filters.keySet())
                                    + ", and none of the name " + name
                                    + (file.name().isEmpty() ? "; #NAME after the file picks one" : ""),
                            Nearest.nearest(name, filters.keySet())));
        }
        return new Named(name, filter);
    }

    private byte[] bytes(Form form, Named named, Arch arch) throws Failure {
        Filter filter = named.filter();
        return switch (form) {
            case TEXT -> Words.bytes(Words.ofText(NamedRule.of(filter)));
            case TOML ->
                Words.bytes(Words.ofText(TomlText.of(alone(named), new Variables("", ""), List.of(), Map.of())));
            case JSON -> {
                try {
                    yield Words.bytes(JsonPolicy.of(alone(named), new Variables("", "")));
                } catch (PolicyException e) {
                    throw new Failure(Failure.OURS, Words.ofText(String.valueOf(e.getMessage())));
                }
            }
            case BPF, ASM -> {
                ByteOrder order = order(filter);
                Program program = program(filter);
                if (line.has(Option.FIGURES)) {
                    summarize(program, filter);
                }
                Arch first = filter.sections().size() == 1
                        ? filter.sections().getFirst().arch()
                        : arch;
                yield form == Form.BPF
                        ? program.encode(order)
                        : Words.bytes(Words.ofText(Listing.of(program, order, first)));
            }
        };
    }

    private static PolicyDocument alone(Named named) {
        return PolicyDocument.EMPTY.filtering(new TreeMap<>(Map.of(named.name(), named.filter())));
    }

    /** The only byte order of a filter: a program has one. */
    private static ByteOrder order(Filter filter) throws Failure {
        Filter.Section first = filter.sections().getFirst();
        for (Filter.Section section : filter.sections()) {
            if (section.arch().order() != first.arch().order()) {
                throw new Failure(
                        Failure.OURS,
                        "a program is for one byte order, and " + first.arch().label() + " and "
                                + section.arch().label() + " have different ones: build them one by one");
            }
        }
        return first.arch().order();
    }

    /** The program, without what only the process knows that is to be confined. */
    private Program program(Filter filter) throws Failure {
        List<String> losses = new ArrayList<>();
        List<Filter.Section> sections = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            List<Rule> rules = WithoutVariables.of(section, losses);
            sections.add(new Filter.Section(section.arch(), rules, section.frequencies()));
        }
        tell(losses);
        Filter plain = new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
        try {
            return Compiler.compile(plain).program();
        } catch (IllegalArgumentException e) {
            throw new Failure(Failure.OURS, Words.ofText(String.valueOf(e.getMessage())));
        }
    }

    private void tell(List<String> remarks) {
        for (String remark : remarks) {
            err.print(Failure.line(Words.ofText(remark)));
        }
        err.flush();
    }

    /** How large the program is, and how much of it the kernel need not run. */
    private void summarize(Program program, Filter filter) {
        for (Filter.Section section : filter.sections()) {
            int all = 0;
            int remembered = 0;
            for (int number : SyscallTable.of(section.arch()).byNumber().keySet()) {
                all++;
                remembered += ActionCache.allows(program, section.arch().audit(), number) ? 1 : 0;
            }
            tell(List.of(program.length() + " instructions; of " + all + " system calls of "
                    + section.arch().label() + ", " + remembered
                    + " are allowed without running any, as the kernel remembers them"));
        }
    }

    private static void check(String word) throws Failure {
        List<String> words = new ArrayList<>();
        for (Form form : Form.values()) {
            words.add(form.word());
        }
        for (Format format : Format.values()) {
            if (format.writing().isPresent()) {
                words.add(format.word());
            }
        }
        if (!words.contains(word)) {
            throw Failure.usage(
                    "option --as: \"" + word + "\" is none of " + String.join(", ", words),
                    Nearest.nearest(word, words));
        }
    }

    private byte[] exported(PolicyFile file, Named named, String word) {
        Format.Writing writing = Format.of(word).flatMap(Format::writing).orElseThrow();
        Exported exported = writing.write(new Exportable(
                InputFile.of("", file.file()).shortName(),
                alone(named),
                new TreeMap<>(Map.of(PolicyDocument.MAIN, named.filter()))));
        tell(exported.losses());
        tell(exported.remarks());
        return Words.bytes(Words.ofText(exported.text()));
    }
}
