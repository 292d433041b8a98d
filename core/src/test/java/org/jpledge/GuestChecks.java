package org.jpledge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Ruleset;
import org.jpledge.launch.Executable;
import org.jpledge.launch.Launcher;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.Assumptions;

/**
 * Launchers of one architecture, and what must come of them on any kernel: written as files for the program guest.c,
 * which runs them, and read back from what it says.
 */
final class GuestChecks {
    /** What came of a check: as {@link Run}, and what guest.c has to say of it. */
    record Outcome(Run run, String remarks) {}

    private record Check(String name, List<String> settings, List<String> command, Consumer<Outcome> expectation) {}

    private final Path directory;
    private final Arch arch;
    private final String compiler;
    private final Path linker;
    private final List<Check> checks = new ArrayList<>();
    private int launchers;

    /**
     * No checks yet.
     *
     * @param directory where files go; the same in the guest
     * @param linker the real path of the dynamic linker in the guest
     */
    GuestChecks(Path directory, Arch arch, String compiler, Path linker) {
        this.directory = directory;
        this.arch = arch;
        this.compiler = compiler;
        this.linker = linker;
    }

    /** Compiles a program of src/test/c for the guest. */
    Path compile(String output, String source, String... options) throws IOException {
        return NativeProgram.compile(compiler, directory, output, source, options);
    }

    /** The compiler's own copy of a library. */
    Path library(String name) throws IOException {
        Assumptions.assumeTrue(NativeProgram.isInstalled(compiler), compiler + " is not installed");
        return Path.of(Run.of(compiler, "-print-file-name=" + name).out().strip())
                .toRealPath();
    }

    /** The number of a system call. */
    int call(String name) {
        return SyscallTable.of(arch).number(name).orElseThrow();
    }

    /** A launcher for a program with a dynamic linker, with nothing but promises. */
    Path dynamic(String promises, Path program) throws IOException {
        return launcher(Policy.of(Promises.parse(promises)), program, Optional.of(linker));
    }

    /** A launcher for a program without a dynamic linker, or with one of its own. */
    Path plain(String promises, Path program) throws IOException {
        return launcher(Policy.of(Promises.parse(promises)), program, Optional.empty());
    }

    /** A launcher for a dynamic program under a changed policy. */
    Path dynamic(String promises, Path program, UnaryOperator<Policy> change) throws IOException {
        return launcher(change.apply(Policy.of(Promises.parse(promises))), program, Optional.of(linker));
    }

    /** A launcher for a dynamic program with two rulesets, as a version of Landlock can have them. */
    Path dynamic(String promises, Path program, Abi abi, Ruleset loader, Ruleset exact) throws IOException {
        return veiled(promises, program, Optional.of(linker), abi, loader, exact);
    }

    /** The same for a program without a dynamic linker, or with one of its own. */
    Path plain(String promises, Path program, Abi abi, Ruleset loader, Ruleset exact) throws IOException {
        return veiled(promises, program, Optional.empty(), abi, loader, exact);
    }

    private Path veiled(
            String promises, Path program, Optional<Path> interpreter, Abi abi, Ruleset loader, Ruleset exact)
            throws IOException {
        Enforcement rulesets = enforcement(
                abi,
                Optional.of(loader.degrade(abi).ruleset()),
                Optional.of(exact.degrade(abi).ruleset()));
        return launcher(Policy.of(Promises.parse(promises)), program, interpreter, rulesets);
    }

    /** Rulesets that no policy has thought of, beside a filter that knows nothing of them. */
    static Enforcement enforcement(Abi abi, Optional<Ruleset> loader, Optional<Ruleset> exact) {
        return new Enforcement(
                abi,
                Enforcement.NONE.circumstances(),
                exact,
                loader,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false);
    }

    private Path launcher(Policy policy, Path program, Optional<Path> interpreter) throws IOException {
        return launcher(policy, program, interpreter, Enforcement.NONE);
    }

    private Path launcher(Policy policy, Path program, Optional<Path> interpreter, Enforcement enforcement)
            throws IOException {
        Executable executable =
                new Executable(program, List.of(program), List.of(), interpreter, Optional.empty(), List.of());
        List<byte[]> arguments = List.of(program.toString().getBytes(StandardCharsets.UTF_8));
        byte[] image = Launcher.of(policy.plan(executable, arch, arguments, enforcement));
        return Run.executable(directory, "launcher" + launchers++, image);
    }

    /** Adds a check: a command in an empty environment. */
    void check(String name, Consumer<Outcome> expectation, Path file, String... arguments) {
        check(name, List.of(), expectation, file, arguments);
    }

    /**
     * Adds a check.
     *
     * @param settings lines for guest.c, words separated by one space here
     */
    void check(String name, List<String> settings, Consumer<Outcome> expectation, Path file, String... arguments) {
        List<String> command = new ArrayList<>(List.of(file.toString()));
        command.addAll(List.of(arguments));
        checks.add(new Check(name, settings, command, expectation));
    }

    /** The names of all checks, with what they expect. */
    Map<String, Consumer<Outcome>> expectations() {
        Map<String, Consumer<Outcome>> expectations = new LinkedHashMap<>();
        checks.forEach(check -> expectations.put(check.name, check.expectation));
        return expectations;
    }

    /** The file that guest.c reads. */
    Path script() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Check check : checks) {
            text.append("check\t").append(check.name).append('\n');
            for (String setting : check.settings) {
                text.append(setting.replaceFirst(" ", "\t")).append('\n');
            }
            text.append("run\t").append(String.join("\t", check.command)).append('\n');
        }
        return Files.writeString(directory.resolve("checks"), text);
    }

    /**
     * Reads what guest.c said.
     *
     * @param console its output, perhaps among a kernel's messages
     * @return what came of each check, by name
     */
    static Map<String, Outcome> outcomes(String console) {
        Map<String, Outcome> outcomes = new HashMap<>();
        String name = "";
        int status = -1;
        StringBuilder out = new StringBuilder();
        StringBuilder err = new StringBuilder();
        StringBuilder remarks = new StringBuilder();
        for (String line : console.lines().map(String::stripTrailing).toList()) {
            if (line.isEmpty()) {
                continue;
            }
            String text = line.substring(1);
            switch (line.charAt(0)) {
                case '=' -> {
                    outcomes.put(
                            name, new Outcome(new Run(status, out.toString(), err.toString()), remarks.toString()));
                    name = text;
                    status = -1;
                    out.setLength(0);
                    err.setLength(0);
                    remarks.setLength(0);
                }
                case '>' -> out.append(text).append('\n');
                case '!' -> err.append(text).append('\n');
                case '?' -> remarks.append(text).append('\n');
                case '#' -> status = Integer.parseInt(text);
                default -> {
                    // The kernel's own.
                }
            }
        }
        return outcomes;
    }
}
