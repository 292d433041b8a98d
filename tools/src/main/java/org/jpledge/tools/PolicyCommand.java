package org.jpledge.tools;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
import org.jpledge.tools.policy.PolicySchema;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.RawPath;
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
    private static final String STANDARD = "-";
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
        String name = line.rest().getFirst();
        Imported imported = imported(name);
        say(imported.remarks());
        List<String> head = new ArrayList<>();
        head.add("From " + shown(name) + ".");
        imported.remarks().forEach(remark -> head.add(remark));
        PolicyDocument policy = PolicyDocument.EMPTY.filtering(imported.filters());
        return write(Words.ofText(TomlText.of(policy, NONE, head, Map.of())));
    }

    private int give() throws Failure, IOException {
        Format format = target();
        Format.Writing writing = format.writing()
                .orElseThrow(() -> Failure.usage("option --to: " + format.word() + " is only read, not written"));
        if (line.rest().size() > 1) {
            throw Failure.usage(
                    "policy export takes one policy; " + line.command().synopsis());
        }
        Exportable policy =
                line.rest().isEmpty() ? promised(List.of()) : kept(line.rest().getFirst());
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
    private Exportable kept(String word) throws Failure, IOException {
        for (CommandLine.Given given : line.given()) {
            if (given.option() == Option.PROMISES || BESIDE.contains(given.option())) {
                throw Failure.usage("option --" + given.option().word() + " and a policy's file are two policies");
            }
        }
        int hash = word.lastIndexOf('#');
        boolean whole = hash < 0 || Files.exists(RawPath.of(word));
        String file = whole ? word : word.substring(0, hash);
        Imported imported = imported(file);
        say(imported.remarks());
        if (imported.policy().promises().isPresent()) {
            // Whoever installs its filter does that before the program is loaded, so this is not the filter that was
            // read.
            List<CommandLine.Given> all = new ArrayList<>(line.given());
            all.add(new CommandLine.Given(Option.POLICY, word.contains("/") ? word : "./" + word));
            CommandLine named = new CommandLine(line.command(), all, line.operands(), line.rest());
            Said said = Said.read(named, List.of(), environment);
            Exportable promised = new PolicyCommand(said.line(), environment, out, err).promised(said.filters());
            return whole ? promised.beside(imported.filters()) : promised;
        }
        SortedMap<String, Filter> filters = new TreeMap<>(imported.filters());
        if (!whole) {
            try {
                String name = word.substring(hash + 1);
                Filter one = imported.filter(name);
                filters.clear();
                filters.put(name, one);
            } catch (ImportException e) {
                throw wrong(file, e);
            }
        }
        return new Exportable(name(file), imported.policy(), filters);
    }

    /** A name for what is written, made of a file's. */
    private static String name(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        int dot = name.indexOf('.');
        StringBuilder kept = new StringBuilder();
        for (char c : (dot > 0 ? name.substring(0, dot) : name).toCharArray()) {
            kept.append(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' ? c : '-');
        }
        String plain = kept.toString().replaceAll("^-+|-+$", "");
        return plain.isEmpty() ? "pledge" : plain;
    }

    private Imported imported(String name) throws Failure, IOException {
        byte[] bytes;
        try {
            bytes = bytes(name);
        } catch (ImportException e) {
            throw wrong(name, e);
        }
        ImportSettings settings =
                ImportSettings.of(arches().toArray(Arch[]::new)).withCapabilities(capabilities());
        Optional<String> kernel = line.last(Option.FOR_KERNEL);
        if (kernel.isPresent()) {
            try {
                settings = settings.withKernel(KernelVersion.parse(kernel.get()));
            } catch (IllegalArgumentException e) {
                throw Failure.usage("option --kernel: " + e.getMessage());
            }
        }
        try {
            Optional<String> source = line.last(Option.SOURCE);
            if (source.isEmpty()) {
                return PolicySource.read(bytes, settings);
            }
            Format format = format(Option.SOURCE, source.get());
            Format.Reading reading = format.reading()
                    .orElseThrow(() -> Failure.usage("option --from: " + format.word() + " is only written, not read"));
            return reading.read(PolicySource.text(bytes), settings);
        } catch (ImportException e) {
            throw wrong(name, e);
        }
    }

    private List<Arch> arches() throws Failure {
        List<Arch> arches = new ArrayList<>();
        for (String word : line.all(Option.FOR_ARCHITECTURES)) {
            Arch arch = Arch.parse(word).orElse(null);
            if (arch == null) {
                List<String> labels = new ArrayList<>();
                for (Arch each : Arch.values()) {
                    labels.add(each.label());
                }
                throw Failure.usage(
                        "option --arch: \"" + word + "\" is none of " + String.join(", ", labels),
                        Nearest.nearest(word, labels));
            }
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

    /** The policy of the options: its filter is the one with which a program can be loaded, as who installs it does that before execve(2). */
    private Exportable promised(List<FilterFile> raw) throws Failure {
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
                Filter filter = policy.loader(arch, enforcement);
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
        say(List.of("who reads this installs the filter before execve(2), so it allows what loading a program"
                + " needs, to the end"));
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

    private static byte[] bytes(String name) throws Failure, IOException, ImportException {
        if (name.equals(STANDARD)) {
            return PolicySource.bytes(System.in);
        }
        Path file = RawPath.of(name);
        String reason;
        if (Files.isDirectory(file)) {
            reason = "is a directory";
        } else {
            try (InputStream in = Files.newInputStream(file)) {
                return PolicySource.bytes(in);
            } catch (NoSuchFileException e) {
                reason = Failure.suggesting("no such file", RawPath.nearest(name, null));
            } catch (AccessDeniedException e) {
                reason = "permission denied";
            } catch (FileSystemException e) {
                reason = e.getReason();
            }
        }
        throw new Failure(Failure.OURS, name + ": " + reason);
    }

    private static Failure wrong(String name, ImportException e) {
        return new Failure(Failure.OURS, shown(name) + ":" + Words.ofText(String.valueOf(e.getMessage())));
    }

    /** How a file is called in messages. */
    private static String shown(String name) {
        return name.equals(STANDARD) ? "standard input" : name;
    }

    private void say(List<String> lines) {
        for (String each : lines) {
            err.print(Failure.line(Words.ofText(each)));
        }
        err.flush();
    }

    /** Writes where -o says. */
    private int write(String text) throws Failure {
        Optional<String> name = line.last(Option.WRITTEN);
        if (name.isPresent() && !name.get().equals(STANDARD)) {
            OutputFile.writeText(Option.WRITTEN, name.get(), Words.bytes(text));
            return 0;
        }
        out.print(text);
        out.flush();
        if (out.checkError()) {
            throw new Failure(Failure.OURS, "cannot write to standard output");
        }
        return 0;
    }
}
