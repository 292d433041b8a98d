package org.jpledge.tools;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.launch.Confinement;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Step;
import org.jpledge.promise.Enforcement;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;

/**
 * The command: from words to an exit status.
 *
 * @param environment the caller's environment
 * @param out standard output; a character is a byte
 * @param first what a launcher that is started now does first
 * @param start how a program is started
 */
record Pledge(List<String> environment, PrintStream out, List<Step> first, Start start) {
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
            case RUN -> run(line, words);
            case COMPILE -> compile(line, words);
            case EXPLAIN -> explain(words.subList(line.operands(), words.size()));
            case COMPLETION -> completion(words.subList(line.operands(), words.size()));
            case MAN -> man(words.subList(line.operands(), words.size()));
        };
    }

    private int run(CommandLine line, List<String> words) throws Failure, IOException {
        int operands = line.operands();
        PolicyOptions options = options(line, words, line.has(Option.PRINT) ? List.of() : first);
        CommandSearch found = find(words.get(operands), options);
        LaunchPlan plan = plan(options, found, words.subList(operands, words.size()));
        if (line.has(Option.PRINT)) {
            return print(Printout.of(options.policy(), plan));
        }
        return start.start(plan, found, operands, options.fixed());
    }

    private int compile(CommandLine line, List<String> words) throws Failure, IOException {
        Optional<String> output = line.last(Option.OUTPUT);
        if (output.isEmpty()) {
            throw Failure.usage("compile needs -o FILE, the executable to write");
        }
        PolicyOptions options = options(line, words, List.of());
        List<String> command = words.subList(line.operands(), words.size());
        LaunchPlan plan = plan(options, find(command.getFirst(), options), command);
        OutputFile.writeExecutable(output.get(), Launcher.of(plan));
        return 0;
    }

    private PolicyOptions options(CommandLine line, List<String> words, List<Step> steps) throws Failure {
        if (line.operands() == words.size()) {
            throw Failure.usage("no command to run; see pledge --help");
        }
        try {
            return PolicyOptions.read(line, environment, steps);
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

    private static LaunchPlan plan(PolicyOptions options, CommandSearch found, List<String> command) {
        List<byte[]> arguments = new ArrayList<>();
        for (String word : command) {
            arguments.add(Words.bytes(word));
        }
        LaunchPlan plan = options.policy().plan(found.executable(), Arch.host(), arguments, Enforcement.NONE);
        Confinement confinement = options.quiet() ? plan.confinement().unwatched() : plan.confinement();
        // As execvp(3): the path as it was written or found, which a script sees as its $0.
        return new LaunchPlan(plan.arch(), plan.steps(), confinement, Words.bytes(found.path()), plan.arguments());
    }

    private int explain(List<String> operands) throws Failure, IOException {
        return print(operands.isEmpty() ? Explanation.ofAll() : Explanation.of(operands, Arch.host()));
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
