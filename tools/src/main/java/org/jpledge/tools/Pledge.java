package org.jpledge.tools;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Confinement;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Step;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Shortfall;
import org.jpledge.promise.UnenforceableException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.doctor.Finding;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Problem;
import org.jpledge.unveil.UnveilException;

/**
 * The command: from words to an exit status.
 *
 * @param environment the caller's environment
 * @param out standard output; a character is a byte
 * @param err standard error, likewise
 * @param process the number of the process that is to be the program's
 * @param kernel asks the kernel what it can enforce
 * @param first what a launcher that is started now does first
 * @param start how a program is started
 */
record Pledge(
        List<String> environment,
        PrintStream out,
        PrintStream err,
        String process,
        Supplier<RunningKernel> kernel,
        List<Step> first,
        Start start) {
    private static final String SHELL = "bash";

    /** Does what the words say. */
    int perform(List<String> words) throws Failure, IOException {
        CommandLine line = CommandLine.parse(words);
        if (line.has(Option.HELP)) {
            return print(Help.of(line.command()));
        }
        if (line.has(Option.VERSION)) {
            return print("pledge " + version() + '\n');
        }
        return switch (line.command()) {
            case RUN -> run(Said.read(line, words, environment));
            case COMPILE -> compile(Said.read(line, words, environment));
            case TRACE -> TraceCommand.perform(line, words.subList(line.operands(), words.size()));
            case EXPLAIN -> print(ExplainCommand.of(line, words.subList(line.operands(), words.size()), kernel));
            case LEARN ->
                LearnCommand.perform(
                        line, words.subList(line.operands(), words.size()), out, err, kernel.get(), this::perform);
            case REPORT -> ReportCommand.perform(line, words.subList(line.operands(), words.size()), out, err);
            case WIZARD ->
                WizardCommand.perform(
                        line,
                        words.subList(line.operands(), words.size()),
                        environment,
                        err,
                        kernel.get(),
                        this::perform);
            case SERVE -> ServeCommand.perform(line, words, environment, version(), kernel);
            case DOCTOR -> doctor(line, words.subList(line.operands(), words.size()));
            case FILTER, POLICY -> family(line);
            case FILTER_BUILD -> new BuildCommand(line, environment, out, err).perform();
            case FILTER_DISASM, FILTER_ASM, FILTER_EXPLAIN, FILTER_RUN, FILTER_DIFF, FILTER_CHECK, FILTER_DUMP ->
                new FilterCommand(line, out).perform();
            case POLICY_IMPORT, POLICY_EXPORT, POLICY_SCHEMA, POLICY_FORMATS ->
                new PolicyCommand(line, environment, out, err).perform();
            case COMPLETION -> completion(words.subList(line.operands(), words.size()));
            case MAN -> man(words.subList(line.operands(), words.size()));
        };
    }

    /** Does what the words say for a client of the server, in a thread that is where the client is. */
    int performServed(List<String> words) throws Failure, IOException {
        CommandLine line = CommandLine.parse(words);
        if (line.has(Option.HELP) || line.has(Option.VERSION)) {
            return perform(words);
        }
        ViaSocket.check(line, words);
        return run(Said.read(line.without(ViaSocket.OPTIONS), words, environment));
    }

    private int run(Said said) throws Failure, IOException {
        CommandLine line = said.line();
        ViaSocket.refuse(line);
        boolean shown = line.has(Option.PRINT);
        Optional<Reporting> reporting = Reporting.read(line);
        if (line.has(Option.JSON) && !shown && reporting.isEmpty()) {
            throw Failure.usage("option --json is for --print and --report");
        }
        Preparation prepared = prepared(said, shown ? List.of() : first, reporting);
        if (shown) {
            return print(line.has(Option.JSON) ? JsonPrintout.of(prepared) : Printout.of(prepared));
        }
        warn(prepared);
        return start.start(prepared);
    }

    private int doctor(CommandLine line, List<String> operands) throws Failure {
        List<Finding> findings = DoctorCommand.examine(operands);
        print(DoctorCommand.text(findings, line.has(Option.FINDINGS_JSON)));
        return DoctorCommand.status(findings);
    }

    private int compile(Said said) throws Failure, IOException {
        CommandLine line = said.line();
        Optional<String> output = line.last(Option.OUTPUT);
        if (output.isEmpty()) {
            throw Failure.usage("compile needs -o FILE, the executable to write");
        }
        Preparation prepared = prepared(said, List.of(), Optional.empty());
        if (prepared.tree().isOfOneProcess()) {
            throw Failure.usage("compile: an unveil goes through /proc/self, which each process has for itself");
        }
        warn(prepared);
        OutputFile.writeExecutable(output.get(), Launcher.of(prepared.plan()));
        return 0;
    }

    private void warn(Preparation prepared) {
        for (String warning : prepared.warnings()) {
            err.print(Failure.line(warning));
        }
        err.flush();
    }

    private Preparation prepared(Said said, List<Step> steps, Optional<Reporting> reporting)
            throws Failure, IOException {
        CommandLine line = said.line();
        List<String> words = said.words();
        // First of all, as what is looked at later may change meanwhile.
        ObservedTree tree = new ObservedTree(new HostTree(), process);
        PolicyOptions options = options(said, steps);
        CommandSearch found = find(words.get(line.operands()), options);
        RunningKernel running = kernel.get();
        FilePath here = options.relative() ? workingDirectory() : FilePath.ROOT;
        Enforcement enforcement = enforcement(options, found, running, here, tree);
        LaunchPlan plan = plan(options, found, words.subList(line.operands(), words.size()), enforcement);
        return new Preparation(options, found, running, here, enforcement, plan, tree, line.operands(), reporting);
    }

    private static Enforcement enforcement(
            PolicyOptions options, CommandSearch found, RunningKernel kernel, FilePath here, ObservedTree tree)
            throws Failure {
        try {
            return options.policy().enforce(found.executable(), Arch.host(), kernel.abi(), here, tree);
        } catch (UnveilException e) {
            Problem problem = e.problem();
            boolean missing = problem instanceof Problem.Missing || problem instanceof Problem.DanglingLink;
            throw new Failure(
                    Failure.OURS,
                    Words.ofText(problem.message()) + (missing ? "; --ignore-missing goes on without it" : ""));
        } catch (UnenforceableException e) {
            String reason =
                    kernel.absence().isPresent() ? " (" + kernel.absence().get() + ")" : "";
            boolean lenient = e.shortfall().severity() == Shortfall.Severity.FAILS
                    && options.policy().demand() != Demand.EVERYTHING;
            throw new Failure(
                    Failure.OURS,
                    Words.ofText(e.shortfall().text())
                            + reason
                            + (lenient ? "; --best-effort goes on without it" : ""));
        }
    }

    private static FilePath workingDirectory() throws Failure {
        try {
            return FilePath.of(Words.bytes(RawPath.word(RawPath.here())));
        } catch (IOException e) {
            throw new Failure(
                    Failure.OURS,
                    "an unveil is relative, and the working directory cannot be found: it may be removed");
        }
    }

    private PolicyOptions options(Said said, List<Step> steps) throws Failure {
        CommandLine line = said.line();
        List<String> words = said.words();
        if (line.operands() == words.size()) {
            throw Failure.usage("no command to run; see pledge --help");
        }
        try {
            return PolicyOptions.read(line, said.filters(), environment, steps);
        } catch (Failure e) {
            if (line.given().isEmpty() && line.command() == Command.RUN) {
                throw Failure.usage(String.valueOf(e.getMessage()), misspelt(words.getFirst()));
            }
            throw e;
        }
    }

    /** What looks like the name of a program may have been meant as a command of ours. */
    private static Optional<String> misspelt(String word) {
        List<String> names = new ArrayList<>();
        for (Command command : Command.values()) {
            names.add(command.word());
        }
        return Nearest.nearest(word, names).map("pledge "::concat);
    }

    private CommandSearch find(String command, PolicyOptions options) throws Failure {
        return CommandSearch.find(command, Words.value(environment, "PATH"), options.directory());
    }

    private static LaunchPlan plan(
            PolicyOptions options, CommandSearch found, List<String> command, Enforcement enforcement) {
        List<byte[]> arguments = Words.bytes(command);
        LaunchPlan plan = options.policy().plan(found.executable(), Arch.host(), arguments, enforcement);
        Confinement confinement = options.quiet() ? plan.confinement().unwatched() : plan.confinement();
        // As execvp(3): the path as it was written or found, which a script sees as its $0.
        return new LaunchPlan(plan.arch(), plan.steps(), confinement, Words.bytes(found.path()), plan.arguments());
    }

    /** A command that is only the first word of others: lists them. */
    private int family(CommandLine line) throws Failure {
        if (!line.rest().isEmpty()) {
            throw Failure.usage("pledge " + line.command().word() + " alone lists its commands and takes no \""
                    + line.rest().getFirst() + "\"");
        }
        return print(Help.of(line.command()));
    }

    private int completion(List<String> operands) throws Failure, IOException {
        if (operands.isEmpty()) {
            throw Failure.usage("completion for which shell? There is one for " + SHELL);
        }
        if (operands.size() > 1 || !operands.getFirst().equals(SHELL)) {
            throw Failure.usage("no completion for \"" + String.join(" ", operands) + "\", only for " + SHELL);
        }
        return print(BashCompletion.script());
    }

    private int man(List<String> operands) throws Failure, IOException {
        if (!operands.isEmpty()) {
            throw Failure.usage("man prints pledge's own manual page and takes no \"" + operands.getFirst()
                    + "\"; to run the program man, write -p PROMISES -- man ...");
        }
        return print(ManualPage.of(version()));
    }

    private static String version() {
        return Template.fill("version", Map.of()).strip();
    }

    private int print(String text) throws Failure {
        out.print(text);
        out.flush();
        if (out.checkError()) {
            throw new Failure(Failure.OURS, "cannot write to standard output");
        }
        return 0;
    }
}
