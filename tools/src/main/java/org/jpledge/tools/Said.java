package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.promise.NamedFilter;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Implication;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.policy.Limit;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * What the user said: a command line, in which the file that {@code --policy} names has become options. The command line adds to
 * the file; where only one of them can be right, it is the command line, and its rules stand first.
 *
 * @param line the options of both
 * @param words all words; at the end the program and its arguments, the file's if the command line has none
 * @param filters the file's filter, if it has one that is to hold
 */
record Said(CommandLine line, List<String> words, List<FilterFile> filters) {
    private static final String OPTION = "option --policy: ";
    private static final Set<Path> STANDARD_INPUTS =
            Set.of(Path.of("/dev/stdin"), Path.of("/dev/fd/0"), Path.of("/proc/self/fd/0"));
    private static final List<String> NETWORK = List.of("inet", "anet", "dns");

    /**
     * Reads the file, if one is named.
     *
     * @param environment the caller's, which says where files are that are named without a path
     */
    static Said read(CommandLine line, List<String> words, List<String> environment) throws Failure {
        Optional<String> word = line.last(Option.POLICY);
        if (word.isEmpty()) {
            return new Said(line, words, List.of());
        }
        InputFile input = InputFile.of(OPTION, path(word.get(), environment));
        if (STANDARD_INPUTS.contains(RawPath.of(input.file()).normalize())) {
            throw input.failure("it is the program's own; a policy comes from a file");
        }
        PolicyFile file = PolicyFile.read(input, input.bytes(), Arch.host(), environment);
        PolicyDocument policy = file.policy();
        List<CommandLine.Given> all = new ArrayList<>(options(file.file(), policy, line));
        all.addAll(line.given());
        for (String rule : policy.deny()) {
            if (!isDecided(rule, line)) {
                all.add(new CommandLine.Given(Option.DENY_RULE, Words.ofText(rule)));
            }
        }
        for (String rule : policy.allow()) {
            if (!isDecided(rule, line)) {
                all.add(new CommandLine.Given(Option.ALLOW_RULE, Words.ofText(rule)));
            }
        }
        List<String> every = new ArrayList<>(words);
        if (line.operands() == words.size()) {
            every.addAll(policy.command());
        }
        CommandLine both = new CommandLine(line.command(), List.copyOf(all), line.operands(), line.rest());
        return new Said(both, every, filters(file.file(), file.name(), policy));
    }

    /** Whether a rule of the file cannot match, as rules of the command line stand before it. */
    private static boolean isDecided(String rule, CommandLine line) {
        List<Rule> before = new ArrayList<>();
        RuleParser parser = new RuleParser(Arch.host());
        for (CommandLine.Given given : line.given()) {
            if (given.option() == Option.ALLOW_RULE || given.option() == Option.DENY_RULE) {
                try {
                    before.addAll(parser.parse(given.argument(), Action.ALLOW));
                } catch (RuleSyntaxException _) {
                    return false; // Who reads the options will say what is wrong with it.
                }
            }
        }
        for (Rule each : parser.parse(rule, Action.ALLOW)) {
            if (before.stream().noneMatch(other -> Implication.holds(each, other))) {
                return false;
            }
        }
        return true;
    }

    /** The path that a word names: itself where it is one, or has the ending of a file. */
    private static String path(String word, List<String> environment) throws Failure {
        int hash = word.lastIndexOf('#');
        String name = hash < 0 ? word : word.substring(0, hash);
        if (name.isEmpty()) {
            throw Failure.usage(OPTION + "the name of a policy, or its file, is expected");
        }
        if (word.contains("/") || isFile(word) || isFile(name)) {
            return word;
        }
        String directory = directory(environment);
        for (String ending : List.of(".toml", ".json")) {
            if (Files.exists(RawPath.of(directory + name + ending))) {
                return directory + name + ending + word.substring(name.length());
            }
        }
        List<String> names = new ArrayList<>();
        for (String each : RawPath.names(RawPath.of(directory))) {
            if (isFile(each)) {
                names.add(each.substring(0, each.length() - ".toml".length()));
            }
        }
        throw failure(Failure.suggesting(
                "no policy \"" + name + "\": there is no " + directory + name
                        + ".toml; a file elsewhere is named with a / or its ending",
                Nearest.nearest(name, names)));
    }

    private static String directory(List<String> environment) throws Failure {
        String configuration = Words.value(environment, "XDG_CONFIG_HOME");
        if (configuration == null || !configuration.startsWith("/")) {
            String home = Words.value(environment, "HOME");
            if (home == null || !home.startsWith("/")) {
                throw failure("neither XDG_CONFIG_HOME nor HOME says where policies are that are named without a path");
            }
            configuration = home + "/.config";
        }
        return configuration + "/pledge/policies/";
    }

    private static boolean isFile(String word) {
        return word.endsWith(".toml") || word.endsWith(".json");
    }

    /** What the file says as options, but for what the command line says already and nothing can say twice. */
    private static List<CommandLine.Given> options(String file, PolicyDocument policy, CommandLine line)
            throws Failure {
        List<CommandLine.Given> options = new ArrayList<>();
        if (policy.promises().isPresent()) {
            options.add(new CommandLine.Given(Option.PROMISES, String.join(" ", policy.words())));
        }
        policy.unveil()
                .forEach((path, letters) -> options.add(new CommandLine.Given(Option.UNVEIL, letters + ":" + path)));
        if (policy.ports().isPresent()) {
            ports(file, policy, policy.ports().get(), options);
        }
        if (policy.ignoreMissing()) {
            options.add(new CommandLine.Given(Option.IGNORE_MISSING, ""));
        }
        if (policy.onViolation().isPresent() && !line.has(Option.KILL) && !line.has(Option.ON_VIOLATION)) {
            options.add(new CommandLine.Given(
                    Option.ON_VIOLATION, violation(file, policy.onViolation().get())));
        }
        for (Map.Entry<Limit, Long> limit : policy.limits().entrySet()) {
            Option option = option(limit.getKey());
            if (!line.has(option)) {
                options.add(new CommandLine.Given(option, limit.getValue().toString()));
            }
        }
        return options;
    }

    private static void ports(String file, PolicyDocument policy, PortList ports, List<CommandLine.Given> options)
            throws Failure {
        boolean none = ports.connect().isEmpty() && ports.bind().isEmpty();
        if (none && policy.words().stream().anyMatch(NETWORK::contains)) {
            throw failure(file
                    + ": connect and bind allow no port at all, so the promises inet, anet and dns are to be left out");
        }
        for (int port : ports.connect()) {
            options.add(new CommandLine.Given(Option.CONNECT, Integer.toString(port)));
        }
        for (int port : ports.bind()) {
            options.add(new CommandLine.Given(Option.BIND, Integer.toString(port)));
        }
    }

    private static Option option(Limit limit) {
        return switch (limit) {
            case CPU -> Option.CPU;
            case MEMORY -> Option.MEMORY;
            case FILE_SIZE -> Option.FILE_SIZE;
            case OPEN_FILES -> Option.OPEN_FILES;
            case PROCESSES -> Option.PROCESSES;
        };
    }

    /** An action as the option writes it. */
    private static String violation(String file, Action action) throws Failure {
        return switch (action) {
            case Action.KillProcess _ -> "kill";
            case Action.Log _ -> "log";
            case Action.Trap(int data) when data == 0 -> "trap";
            case Action.Errno(int number)
            when Errno.name(Arch.host(), number).isPresent() ->
                "errno:" + Errno.name(Arch.host(), number).get();
            default ->
                throw failure(file
                        + ": on-violation has an action with which no program can be run: kill, errno NAME, trap and"
                        + " log are possible");
        };
    }

    /** The filter that is to hold. */
    private static List<FilterFile> filters(String file, Optional<String> name, PolicyDocument policy) throws Failure {
        SortedMap<String, Filter> filters = new TreeMap<>(policy.effectiveFilters());
        if (filters.isEmpty() && name.isEmpty()) {
            return List.of();
        }
        if (name.isEmpty() && policy.promises().isPresent() && !filters.containsKey(PolicyDocument.MAIN)) {
            return List.of(); // Those with names are for whoever picks them, and the promises hold.
        }
        String chosen = name.orElse(PolicyDocument.MAIN);
        @Nullable Filter filter = filters.get(chosen);
        if (filter == null && filters.isEmpty()) {
            throw failure(file + " has no filters, so there is no #" + chosen);
        }
        if (filter == null) {
            throw failure(Failure.suggesting(
                    file + " has the filters " + String.join(", ", filters.keySet()) + ", and none of the name "
                            + chosen + (name.isEmpty() ? "; #NAME after the file picks one" : ""),
                    Nearest.nearest(chosen, filters.keySet())));
        }
        boolean has = filter.sections().stream().anyMatch(section -> section.arch() == Arch.host());
        if (!has) {
            throw failure(file + ": the filter " + chosen + " says nothing of "
                    + Arch.host().label() + ", so nothing could run");
        }
        Path path = RawPath.of(file);
        try {
            NamedFilter named = new NamedFilter(file + "#" + chosen, filter);
            return List.of(new FilterFile(named, path, Files.getLastModifiedTime(path), false, !file.startsWith("/")));
        } catch (IllegalArgumentException e) {
            throw failure(file + ": the filter " + chosen + ": " + e.getMessage());
        } catch (IOException e) {
            throw failure(file + ": cannot be read");
        }
    }

    private static Failure failure(String message) {
        return new Failure(Failure.OURS, OPTION + message);
    }
}
