package org.jpledge.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jpledge.bpf.ActionCache;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Interpreter;
import org.jpledge.bpf.Program;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Condition;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.Value;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.PolicySource;

/**
 * Docker's default profile as our program and as libseccomp's, side by side: how large they are, how long they take to make and
 * to install, what system calls cost under them, and under several of them.
 */
final class Filters {
    private static final int COMPILATIONS = 20_000;
    private static final int FOREIGN_COMPILATIONS = 51;
    private static final int ROUNDS = 25;
    private static final int[] STACKS = {2, 4, 8};
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final Arch ARCH = Arch.X86_64;
    private static final int AF_INET = 2;

    private final Path directory;
    private final Path sources;
    private final PrintStream out;

    /** One program and what is known about it. */
    private record Candidate(String name, Program program, double[] compiling) {}

    /** What one process measured: microseconds of installing, nanoseconds of calls. */
    private record Cost(double install, double getppid, double socket) {}

    Filters(Path directory, Path root, PrintStream out) {
        this.directory = directory;
        this.sources = root.resolve("benchmarks/src/main/c");
        this.out = out;
    }

    /** Measures a profile; where there is none, says so. */
    void measure(Path profile) throws IOException, InterruptedException {
        if (!Files.isReadable(profile)) {
            out.println("filters: " + profile
                    + " cannot be read; name Docker's default profile: benchmarks/run filters PROFILE");
            return;
        }
        if (Arch.host() != ARCH) {
            out.println("filters: not measured, as the profile is compiled for " + ARCH.label());
            return;
        }
        Filter filter = read(profile);
        List<Candidate> candidates = new ArrayList<>();
        candidates.add(new Candidate("allow, remembered", allow(), new double[0]));
        candidates.add(new Candidate("allow, not remembered", allowByArgument(), new double[0]));
        candidates.add(ours(filter));
        Optional<Path> library = build("libseccomp", "-lseccomp");
        if (library.isPresent()) {
            candidates.add(libseccomp(library.get(), "libseccomp, linear", 1, filter));
            candidates.add(libseccomp(library.get(), "libseccomp, binary tree", 2, filter));
        } else {
            out.println("filters: no libseccomp beside ours, as gcc or its header is missing"
                    + " (apt-get install gcc libseccomp-dev)");
        }
        out.println("filters: no kafel or minijail beside them, as Debian has no package of these");
        sizes(candidates);
        Optional<Path> cost = build("callcost");
        if (cost.isPresent()) {
            costs(cost.get(), candidates);
        } else {
            out.println("filters: what calls cost is not measured, as gcc is missing");
        }
    }

    /** The profile as libseccomp can have it: a number that nobody knows is refused as others are. */
    private static Filter read(Path profile) throws IOException {
        try {
            Filter filter = PolicySource.read(Files.readAllBytes(profile), ImportSettings.of(ARCH))
                    .filter("");
            return new Filter(filter.sections(), filter.otherwise(), filter.otherwise(), filter.foreign());
        } catch (ImportException e) {
            throw new IOException(profile + ": " + e.getMessage(), e);
        }
    }

    private static Program allow() {
        return new Program(List.of(new Insn.Return(ActionCache.ALLOW)));
    }

    /** The least that any filter costs that looks at arguments. */
    private static Program allowByArgument() {
        return new Program(List.of(new Insn.LoadWord(SeccompData.low(0, ORDER)), new Insn.Return(ActionCache.ALLOW)));
    }

    private static Candidate ours(Filter filter) {
        double[] times = new double[COMPILATIONS / 10];
        for (int i = 0; i < COMPILATIONS; i++) {
            long start = System.nanoTime();
            Compiler.compile(filter);
            times[i % times.length] = (System.nanoTime() - start) / 1000.0;
        }
        return new Candidate("jpledge", Compiler.compile(filter).program(), times);
    }

    private Candidate libseccomp(Path binary, String name, int optimize, Filter filter)
            throws IOException, InterruptedException {
        Path file = directory.resolve("libseccomp" + optimize + ".bpf");
        Path rules = Files.writeString(directory.resolve("rules"), text(filter));
        String output = run(
                new ProcessBuilder(
                                binary.toString(),
                                Integer.toString(optimize),
                                Integer.toString(FOREIGN_COMPILATIONS),
                                file.toString())
                        .redirectInput(rules.toFile()),
                name);
        double[] times = output.lines().mapToDouble(Double::parseDouble).toArray();
        return new Candidate(name, Program.decode(Files.readAllBytes(file), ORDER), times);
    }

    private static String text(Filter filter) {
        StringBuilder text = new StringBuilder();
        for (Rule rule : filter.sections().getFirst().rules()) {
            text.append(rule.number())
                    .append(' ')
                    .append(Integer.toUnsignedString(rule.action().encoded()));
            for (Condition condition : rule.conditions()) {
                if (!(condition.values().getFirst() instanceof Value.Constant(long value))) {
                    throw new IllegalArgumentException(condition.toString());
                }
                text.append(' ').append(condition.argument()).append(' ');
                text.append(condition.mask() == -1 ? condition.op().name() : "MASKED");
                text.append(' ').append(Long.toHexString(condition.mask()));
                text.append(' ').append(Long.toHexString(value));
            }
            text.append('\n');
        }
        return text.toString();
    }

    private Optional<Path> build(String name, String... libraries) throws InterruptedException {
        Path binary = directory.resolve(name);
        List<String> command = new ArrayList<>(List.of(
                "gcc",
                "-O2",
                "-o",
                binary.toString(),
                sources.resolve(name + ".c").toString()));
        command.addAll(List.of(libraries));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0 ? Optional.of(binary) : Optional.empty();
        } catch (IOException e) {
            // There is no gcc.
            return Optional.empty();
        }
    }

    private static String run(ProcessBuilder builder, String what) throws IOException, InterruptedException {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        if (process.waitFor() != 0) {
            throw new IOException(what + " ended with " + process.exitValue());
        }
        return output;
    }

    private void sizes(List<Candidate> candidates) {
        row("Docker's default profile, x86-64", "instructions", "converted", "remembered", "socket(2)", "compile us");
        for (Candidate candidate : candidates) {
            Program program = candidate.program;
            int remembered = 0;
            for (int number : SyscallTable.of(ARCH).ascending()) {
                remembered += ActionCache.allows(program, ARCH.audit(), number) ? 1 : 0;
            }
            int socket = SyscallTable.of(ARCH).number("socket").orElseThrow();
            SeccompData call = new SeccompData(socket, ARCH.audit(), 0, AF_INET, 1, 0, 0, 0, 0);
            row(
                    candidate.name,
                    Integer.toString(program.length()),
                    Integer.toString(program.convertedLength()),
                    Integer.toString(remembered),
                    Integer.toString(new Interpreter(program).run(call, ORDER).executed()),
                    candidate.compiling.length == 0 ? "" : number(median(candidate.compiling)));
        }
        row("  target", "84", "", "305", "12", "200");
    }

    private void costs(Path binary, List<Candidate> candidates) throws IOException, InterruptedException {
        Map<String, String> programs = new LinkedHashMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            Path file = Files.write(
                    directory.resolve("candidate" + i + ".bpf"),
                    candidates.get(i).program.encode(ORDER));
            programs.put(candidates.get(i).name, file.toString());
        }
        for (int i = 2; i < candidates.size(); i++) {
            for (int times : STACKS) {
                String name = candidates.get(i).name;
                programs.put("  " + times + " times " + name, programs.get(name) + "*" + times);
            }
        }
        List<String> command = new ArrayList<>(List.of(binary.toString(), Integer.toString(ROUNDS)));
        command.addAll(programs.values());
        List<List<Cost>> costs = new ArrayList<>();
        for (int i = 0; i <= programs.size(); i++) {
            costs.add(new ArrayList<>());
        }
        for (String line : run(new ProcessBuilder(command), "callcost").lines().toList()) {
            String[] words = line.split(" ", -1);
            costs.get(Integer.parseInt(words[0]))
                    .add(new Cost(
                            Double.parseDouble(words[1]), Double.parseDouble(words[2]), Double.parseDouble(words[3])));
        }
        row("What calls cost, as often as without a filter", "getppid(2)", "socket(2)", "install us", "median", "");
        List<Cost> bare = costs.getFirst();
        int place = 1;
        for (String name : programs.keySet()) {
            List<Cost> under = costs.get(place++);
            double[] getppid = new double[under.size()];
            double[] socket = new double[under.size()];
            double[] install = new double[under.size()];
            for (int i = 0; i < under.size(); i++) {
                getppid[i] = under.get(i).getppid / bare.get(i).getppid;
                socket[i] = under.get(i).socket / bare.get(i).socket;
                install[i] = under.get(i).install;
            }
            double least = Arrays.stream(install).min().orElse(0);
            row(name, ratio(median(getppid)), ratio(median(socket)), number(least), number(median(install)), "");
        }
        row("  target", "", "1.3", "100", "", "");
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private void row(String what, String first, String second, String third, String fourth, String fifth) {
        out.printf("%-46s %12s %12s %12s %12s %12s%n", what, first, second, third, fourth, fifth);
    }
}
