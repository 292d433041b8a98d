package org.jpledge.tools;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.exchange.Exportable;
import org.jpledge.tools.exchange.Exported;
import org.jpledge.tools.exchange.Format;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.Imported;
import org.jpledge.tools.exchange.PolicySource;
import org.jpledge.tools.policy.Limit;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.policy.PolicySchema;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;

/**
 * {@code pledge policy}: policies from and to the forms of others.
 *
 * @param line the command line
 * @param environment the caller's
 * @param out standard output; a character is a byte
 * @param err standard error, likewise
 */
record PolicyCommand(CommandLine line, List<String> environment, PrintStream out, PrintStream err) {
    private static final Variables NONE = new Variables("", "");

    /** What no format of others needs to know to say what a program's calls may be. */
    private static final Set<Option> BESIDE = EnumSet.of(
            Option.UNVEIL,
            Option.CONNECT,
            Option.BIND,
            Option.CPU,
            Option.MEMORY,
            Option.FILE_SIZE,
            Option.OPEN_FILES,
            Option.PROCESSES);

    /** Does it; the result is the exit status. */
    int perform() throws Failure, IOException {
        return switch (line.command()) {
            case POLICY_IMPORT -> take();
            case POLICY_EXPORT -> give();
            case POLICY_SCHEMA -> write(schema());
            case POLICY_FORMATS -> write(formats());
            default -> throw new IllegalStateException(line.command().word());
        };
    }

    /** The schema, laid out for people. */
    static String schema() {
        return new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(JsonParser.parseString(Json.text(PolicySchema.of())))
                + '\n';
    }

    private static String formats() {
        StringBuilder text = new StringBuilder();
        for (Format format : Format.values()) {
            String ways =
                    format.reading().isEmpty() ? "export" : format.writing().isEmpty() ? "import" : "import, export";
            text.append(String.format(Locale.ROOT, "%-12s %-15s %s%n", format.word(), ways, format.meaning()));
        }
        return text.toString();
    }

    private int take() throws Failure, IOException {
        if (line.rest().size() != 1) {
            throw Failure.usage("policy import needs the file of one policy, or - for standard input; "
                    + line.command().synopsis());
        }
        InputFile file = InputFile.of("", line.rest().getFirst());
        Imported imported = imported(file);
        PolicyDocument policy = imported.policy();
        List<String> remarks = new ArrayList<>(imported.remarks());
        if (file.part().isPresent()) {
            if (!policy.equals(PolicyDocument.EMPTY)) {
                remarks.add(
                        "what the file has besides the filter " + file.part().get() + " is left out");
            }
            policy = PolicyDocument.EMPTY.filtering(chosen(file, imported));
        } else if (policy.promises().isEmpty() && policy.filters().isEmpty()) {
            policy = policy.filtering(imported.filters());
        }
        say(remarks);
        List<String> head = new ArrayList<>();
        head.add("From " + file.shown() + ".");
        head.addAll(remarks);
        return write(Words.ofText(TomlText.of(policy, NONE, head, Map.of())));
    }

    /** The filters of a file, or the one that is named. */
    private static SortedMap<String, Filter> chosen(InputFile file, Imported imported) throws Failure {
        if (file.part().isEmpty()) {
            return imported.filters();
        }
        String name = file.part().get();
        try {
            return new TreeMap<>(Map.of(name, imported.filter(name)));
        } catch (ImportException e) {
            throw file.failure(e);
        }
    }

    private int give() throws Failure, IOException {
        Format format = target();
        Format.Writing writing = format.writing()
                .orElseThrow(() -> Failure.usage("option --to: " + format.word() + " is only read, not written"));
        if (line.rest().size() > 1) {
            throw Failure.usage(
                    "policy export takes one policy; " + line.command().synopsis());
        }
        Exportable policy = line.rest().isEmpty()
                ? promised(format, List.of())
                : kept(format, line.rest().getFirst());
        Exported exported = writing.write(policy);
        say(exported.remarks());
        List<String> losses = new ArrayList<>();
        exported.losses().forEach(loss -> losses.add("lost: " + loss));
        say(losses);
        if (line.has(Option.LOSSLESS) && !losses.isEmpty()) {
            throw new Failure(
                    Failure.OURS,
                    "option --strict: " + format.word() + " cannot say all of the policy; nothing was written");
        }
        return write(Words.ofText(exported.text()));
    }

    private Format target() throws Failure {
        Optional<String> word = line.last(Option.TARGET);
        if (word.isEmpty()) {
            throw Failure.usage("policy export needs --to FORMAT, one of " + words());
        }
        return format(Option.TARGET, word.get());
    }

    private static Format format(Option option, String word) throws Failure {
        Optional<Format> format = Format.of(word);
        if (format.isPresent()) {
            return format.get();
        }
        List<String> known = new ArrayList<>();
        for (Format each : Format.values()) {
            known.add(each.word());
        }
        throw Failure.usage(
                "option --" + option.word() + ": \"" + word + "\" is none of " + words(), Nearest.nearest(word, known));
    }

    private static String words() {
        List<String> known = new ArrayList<>();
        for (Format each : Format.values()) {
            known.add(each.word());
        }
        return String.join(", ", known);
    }

    /** A policy that is kept in some file. */
    private Exportable kept(Format format, String word) throws Failure, IOException {
        for (CommandLine.Given given : line.given()) {
            if (given.option() == Option.PROMISES || BESIDE.contains(given.option())) {
                throw Failure.usage("option --" + given.option().word() + " and a policy's file are two policies");
            }
        }
        InputFile file = InputFile.of("", word);
        Imported imported = imported(file);
        say(imported.remarks());
        if (imported.policy().promises().isPresent()) {
            // The filter that was read is for programs that run; this one may have to let them be loaded.
            List<CommandLine.Given> all = new ArrayList<>(line.given());
            all.add(new CommandLine.Given(Option.POLICY, word.contains("/") ? word : "./" + word));
            CommandLine named = new CommandLine(line.command(), all, line.operands(), line.rest());
            Said said = Said.read(named, List.of(), environment);
            Exportable promised =
                    new PolicyCommand(said.line(), environment, out, err).promised(format, said.filters());
            return file.part().isEmpty() ? promised.beside(imported.filters()) : promised;
        }
        return new Exportable(file.shortName(), imported.policy(), chosen(file, imported));
    }

    private Imported imported(InputFile file) throws Failure {
        byte[] bytes = file.bytes();
        ImportSettings settings = ImportSettings.of(arches().toArray(Arch[]::new))
                .withCapabilities(capabilities())
                .withIncludes(file.includes(new PolicyFiles()));
        Optional<String> kernel = line.last(Option.FOR_KERNEL);
        if (kernel.isPresent()) {
            try {
                settings = settings.withKernel(KernelVersion.parse(kernel.get()));
            } catch (IllegalArgumentException e) {
                throw Failure.usage("option --kernel: " + e.getMessage());
            }
        }
        Optional<String> source = line.last(Option.SOURCE);
        if (source.isEmpty()) {
            return FilterSource.read(file, bytes, settings);
        }
        try {
            Format format = format(Option.SOURCE, source.get());
            Format.Reading reading = format.reading()
                    .orElseThrow(() -> Failure.usage("option --from: " + format.word() + " is only written, not read"));
            return reading.read(PolicySource.text(bytes), settings);
        } catch (ImportException e) {
            throw file.failure(e);
        }
    }

    private List<Arch> arches() throws Failure {
        List<Arch> arches = new ArrayList<>();
        for (String word : line.all(Option.FOR_ARCHITECTURES)) {
            Arch arch = NamedArchitecture.of(word);
            if (!arches.contains(arch)) {
                arches.add(arch);
            }
        }
        return arches.isEmpty() ? List.of(Arch.host()) : arches;
    }

    private Set<String> capabilities() {
        Set<String> capabilities = new HashSet<>();
        for (String word : line.all(Option.CAPABILITY)) {
            String name = word.toUpperCase(Locale.ROOT);
            capabilities.add(name.startsWith("CAP_") ? name : "CAP_" + name);
        }
        return capabilities;
    }

    /** The policy of the options; with which the program can be loaded too, where the filter is installed before execve(2). */
    private Exportable promised(Format format, List<FilterFile> raw) throws Failure {
        List<CommandLine.Given> asked = new ArrayList<>();
        for (CommandLine.Given given : line.given()) {
            if (!BESIDE.contains(given.option())) {
                asked.add(given);
            }
        }
        CommandLine calls = new CommandLine(line.command(), asked, line.operands(), line.rest());
        Policy policy = PolicyOptions.read(calls, raw, environment, List.of()).policy();
        List<Filter.Section> sections = new ArrayList<>();
        Filter first = null;
        for (Arch arch : arches()) {
            try {
                // Who installs the filter has no Landlock beside it: what only that could decide, the filter decides.
                Enforcement enforcement = policy.enforce(arch, Abi.NONE, FilePath.ROOT, new HostTree());
                Filter filter = format.comesBeforeTheProgram()
                        ? policy.loader(arch, enforcement)
                        : policy.exact(arch, enforcement);
                first = first == null ? filter : first;
                sections.addAll(filter.sections());
            } catch (RuleSyntaxException e) {
                throw Failure.usage(Words.ofText(String.valueOf(e.getMessage())));
            }
        }
        if (first == null) {
            throw new IllegalStateException("no architecture");
        }
        SortedMap<String, Filter> filters = new TreeMap<>();
        filters.put(Imported.MAIN, new Filter(sections, first.otherwise(), first.unknown(), first.foreign()));
        if (format.comesBeforeTheProgram()) {
            say(List.of("who reads this installs the filter before execve(2), so it allows what loading a program"
                    + " needs, to the end"));
        }
        return new Exportable("pledge", document(policy), filters);
    }

    private PolicyDocument document(Policy policy) throws Failure {
        Narrowing narrowing = Narrowing.read(line);
        SortedMap<String, Permissions> unveils = new TreeMap<>();
        for (Unveil unveil : narrowing.unveils()) {
            unveils.put(unveil.path().toString(), unveil.permissions());
        }
        SortedMap<Limit, Long> limits = new TreeMap<>();
        for (CommandLine.Given given : line.given()) {
            for (Limit limit : Limit.values()) {
                if (given.option().word().equals(limit.word())) {
                    limits.put(
                            limit,
                            limit.unit() == Limit.Unit.BYTES
                                    ? PolicyOptions.size(given.option(), given.argument())
                                    : PolicyOptions.number(
                                            given.option(),
                                            given.argument(),
                                            limit.unit().most()));
                }
            }
        }
        boolean ported = line.has(Option.CONNECT) || line.has(Option.BIND);
        return PolicyDocument.EMPTY
                .promising(policy.promises())
                .unveiling(unveils)
                .ignoringMissing(narrowing.ignoreMissing())
                .limiting(limits)
                .using(ported ? Optional.of(new PortList(narrowing.connect(), narrowing.bind())) : Optional.empty());
    }

    private void say(List<String> lines) {
        for (String each : lines) {
            err.print(Failure.line(Words.ofText(each)));
        }
        err.flush();
    }

    /** Writes where -o says. */
    private int write(String text) throws Failure {
        return FilterCommand.write(line, out, Words.bytes(text));
    }
}
