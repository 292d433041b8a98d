package org.jpledge.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jpledge.OnViolation;
import org.jpledge.Sandbox;
import org.jpledge.promise.PromiseTable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Prints the figures that the documentation claims, each beside its target. Its first argument is the repository's root,
 * for the figures of {@code ./pledge} itself; with {@code tracing} as the second, only those of traced programs are printed, with
 * {@code via} only those of programs that a server makes launchers for, with {@code serve} only those of what a server bears, with
 * {@code filters} only those of a container's profile, Docker's default one, which a third argument names.
 */
final class Main {
    private static final int ROUNDS = 300;
    private static final int COLD_ROUNDS = 15;
    private static final int COMMAND_ROUNDS = 21;
    private static final int CACHED_ROUNDS = 101;

    private final Path directory = Files.createTempDirectory("jpledge-benchmarks");
    private final Path root;
    private final PrintStream out;

    private Main(Path root, PrintStream out) throws IOException {
        this.root = root;
        this.out = out;
    }

    @SuppressWarnings("SystemOut")
    static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException, RunnerException {
        Main main = new Main(Path.of(arguments[0]), System.out);
        if (arguments.length > 1 && arguments[1].equals("tracing")) {
            new Tracing(main.directory, main.root.toAbsolutePath(), main.out).measure();
        } else if (arguments.length > 1 && arguments[1].equals("via")) {
            new ViaSocket(main.directory, main.root.toAbsolutePath(), main.out).measure();
        } else if (arguments.length > 1 && arguments[1].equals("serve")) {
            new Serving(main.directory, main.root.toAbsolutePath(), main.out).measure();
        } else if (arguments.length > 1 && arguments[1].equals("filters")) {
            main.filters(arguments.length > 2 ? Path.of(arguments[2]) : main.profile());
        } else {
            main.all();
        }
    }

    private void all() throws IOException, InterruptedException, ExecutionException, RunnerException {
        out.printf("%-62s %12s %12s %s%n", "", "minimum", "median", "target");
        launchers();
        rulesets();
        layers();
        memory();
        table();
        command();
        new ViaSocket(directory, root.toAbsolutePath(), out).measure();
        new Tracing(directory, root, out).measure();
        jvm();
        policy();
        filters(profile());
    }

    /** Where tests look for it, too. */
    private Path profile() {
        String data = System.getenv("JPLEDGE_DATA");
        Path directory = data != null ? Path.of(data) : root.resolve("../shared/data");
        return directory.resolve("docker-default.json");
    }

    private void filters(Path profile) throws IOException, InterruptedException {
        new Filters(directory, root, out).measure(profile);
    }

    /** JVMs that restrict themselves; what is compared is run in turns. */
    private void jvm() throws IOException, InterruptedException {
        cold();
        jvmRow("later pledge(), a word less each time, median of 34", "1 ms", "later");
        jvmRow("  in a JVM that has compiled policies for a while", "1 ms", "later warm");
        jvmRow("enter() with unveils and 200 threads", "20 ms", "threads");
        jvmRow("a system call in a JVM: bare, pledged", "", "calls", "calls pledged");
        jvmRow("a request to an HTTP server: bare, pledged", "pledged at most 1.02 of bare", "http", "http pledged");
    }

    /** The first call in a JVM that has done nothing before, beside what of it is java.lang.foreign's; in turns. */
    private void cold() throws IOException, InterruptedException {
        Path cache = directory.resolve("aot");
        Path quick = directory.resolve("aot-c1");
        List<String> plain = List.of();
        List<String> c1 = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
        coldJvm(with(plain, "-XX:AOTCacheOutput=" + cache), "prepare");
        coldJvm(with(c1, "-XX:AOTCacheOutput=" + quick), "prepare");
        List<String> trained = with(plain, "-XX:AOTCache=" + cache);
        List<String> trainedC1 = with(c1, "-XX:AOTCache=" + quick);
        Map<String, Runs> rows = new LinkedHashMap<>();
        rows.put("first pledge() of a cold JVM", new Runs(plain, "pledge", "60 ms"));
        rows.put("  java.lang.foreign alone, one call", new Runs(plain, "foreign", ""));
        rows.put("  with an AOT cache", new Runs(trained, "pledge", "60 ms"));
        rows.put("  with an AOT cache, the serial collector and C1 only", new Runs(trainedC1, "pledge", "60 ms"));
        for (int round = 0; round < COLD_ROUNDS; round++) {
            for (Runs runs : rows.values()) {
                runs.times.add(coldJvm(runs.flags, runs.mode) / 1000);
            }
        }
        rows.forEach((what, runs) -> {
            runs.times.sort(null);
            row(what, ms(runs.times.getFirst()), ms(runs.times.get(runs.times.size() / 2)), runs.target);
        });
    }

    private record Runs(List<String> flags, String mode, String target, List<Double> times) {
        Runs(List<String> flags, String mode, String target) {
            this(flags, mode, target, new ArrayList<>());
        }
    }

    private static List<String> with(List<String> flags, String flag) {
        List<String> more = new ArrayList<>(flags);
        more.add(flag);
        return more;
    }

    /** The class path has jars only, as a cache needs it. */
    private double coldJvm(List<String> flags, String mode) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(flags);
        command.add("-cp");
        command.add(core() + ":" + own());
        command.add(ColdPledge.class.getName());
        command.add(mode);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return Double.parseDouble(text.lines().findFirst().orElse(""));
    }

    private Path own() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("benchmarks/target"))) {
            return files.filter(
                            file -> file.getFileName().toString().matches("jpledge-benchmarks-[^-]*(-SNAPSHOT)?\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no jar in benchmarks/target: run benchmarks/run"));
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path core() {
        return Path.of(URI.create(String.valueOf(
                PromiseTable.class.getProtectionDomain().getCodeSource().getLocation())));
    }

    private void jvmRow(String what, String target, String... modes) throws IOException, InterruptedException {
        List<List<Double>> times = new ArrayList<>();
        for (int round = 0; round < COLD_ROUNDS; round++) {
            for (int i = 0; i < modes.length; i++) {
                if (round == 0) {
                    times.add(new ArrayList<>());
                }
                times.get(i).add(inJvm(modes[i]));
            }
        }
        for (List<Double> each : times) {
            each.sort(null);
            row(what, us(each.getFirst()), us(each.get(each.size() / 2)), target);
        }
    }

    private static double inJvm(String mode) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        java(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        InJvm.class.getName(),
                        mode)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return Double.parseDouble(text.strip());
    }

    private void launchers() throws IOException {
        Path launcher = launcher("true", Sandbox.pledge("stdio rpath"), "/bin/true");
        Path linked = Files.createSymbolicLink(directory.resolve("plain"), Path.of("/bin/true"));
        row("launcher, 'stdio rpath', size", "", bytes(Files.size(launcher)), "8192 bytes");
        row("  without rulesets", "", bytes(Files.size(HandMade.launcher(directory, -1))), "");
        pair("a dynamic program: /bin/true", List.of(linked.toString()), List.of(launcher.toString()));
        for (String busybox : List.of("/bin/busybox", "/usr/bin/busybox")) {
            if (Files.isExecutable(Path.of(busybox))) {
                Path fixed = launcher("busybox", Sandbox.pledge("stdio rpath"), busybox, "true");
                pair("a static program: busybox true", List.of(busybox, "true"), List.of(fixed.toString()));
                return;
            }
        }
        row("a static program: busybox is not installed", "", "", "");
    }

    private void pair(String what, List<String> bare, List<String> confined) {
        List<Samples> samples = Samples.interleaved(ROUNDS, List.of(bare, confined));
        Samples without = samples.getFirst();
        Samples with = samples.getLast();
        row(what + ", bare", ms(without.minimum()), ms(without.median()), "");
        row(what + ", launched", ms(with.minimum()), ms(with.median()), "");
        row(
                "  a launcher adds",
                ms(with.minimum() - without.minimum()),
                ms(with.median() - without.median()),
                "minimum 0.7 ms");
    }

    /** Rulesets with more and more unveiled directories, against the filter alone, all in one run. */
    private void rulesets() throws IOException {
        List<List<String>> commands = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        for (int count : HandMade.COUNTS) {
            Path launcher = HandMade.launcher(directory, count);
            commands.add(List.of(launcher.toString()));
            sizes.add(Files.size(launcher));
        }
        List<Samples> samples = Samples.interleaved(ROUNDS, commands);
        Samples none = samples.getFirst();
        row("the filter alone: /bin/true", ms(none.minimum()), ms(none.median()), bytes(sizes.getFirst()));
        for (int i = 1; i < samples.size(); i++) {
            row(
                    "  rulesets with " + HandMade.COUNTS[i] + " unveils add",
                    ms(samples.get(i).minimum() - none.minimum()),
                    ms(samples.get(i).median() - none.median()),
                    bytes(sizes.get(i)) + (HandMade.COUNTS[i] == 100 ? "; 100 add at most 1 ms" : ""));
        }
    }

    private void layers() throws InterruptedException, ExecutionException {
        LayerCost.measure()
                .forEach((layers, samples) -> row(
                        "open and close of a file, " + layers + " layers",
                        us(samples.minimum()),
                        us(samples.median()),
                        ""));
    }

    /** The helper of a launcher that kills stays until the program ends: its memory is the launcher's, at its peak. */
    private void memory() throws IOException, InterruptedException {
        Path launcher = launcher("sleep", Sandbox.pledge("stdio rpath").onViolation(OnViolation.KILL), "sleep", "1");
        Process process = new ProcessBuilder(launcher.toString()).start();
        Thread.sleep(300);
        Optional<ProcessHandle> helper = ProcessHandle.allProcesses()
                .filter(each -> each.pid() != process.pid() && isHelper(each.pid(), launcher))
                .findFirst();
        String peak = helper.isEmpty() ? "no helper" : peak(helper.get().pid());
        row("launcher and helper, peak of resident memory", "", peak, "200 kB");
        process.waitFor();
    }

    private static boolean isHelper(long pid, Path launcher) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/exe")).equals(launcher);
        } catch (IOException e) {
            // It has just ended, or is a thread of the kernel, which has no executable.
            return false;
        }
    }

    private static String peak(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("VmHWM:")) {
                return line.substring("VmHWM:".length()).trim();
            }
        }
        return "unknown";
    }

    private void table() throws IOException, InterruptedException {
        table("promise table, loaded in a cold JVM with the command's flags", "-Xint");
        table("promise table, loaded in a cold JVM with default flags", "-Xmixed");
    }

    private void table(String what, String mode) throws IOException, InterruptedException {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < COLD_ROUNDS; i++) {
            Process process = new ProcessBuilder(
                            java(),
                            mode,
                            "-XX:+UseSerialGC",
                            "-p",
                            core().toString(),
                            "--add-modules",
                            "org.jpledge",
                            "--add-exports",
                            "org.jpledge/org.jpledge.promise=ALL-UNNAMED",
                            "-cp",
                            root.resolve("benchmarks/target/classes").toString(),
                            ColdTable.class.getName())
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            times.add(Double.parseDouble(text.trim()) / 1000);
        }
        times.sort(null);
        row(what, ms(times.getFirst()), ms(times.get(times.size() / 2)), "15 ms");
    }

    private void command() throws IOException {
        String pledge = root.resolve("pledge").toString();
        Path cache = Files.createDirectory(
                directory.resolve("cache"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        List<String> bare = List.of("/usr/bin/env", "XDG_CACHE_HOME=" + cache, "/bin/true");
        List<String> cached =
                List.of("/usr/bin/env", "XDG_CACHE_HOME=" + cache, pledge, "-p", "stdio rpath", "--", "/bin/true");
        List<String> cold =
                List.of("/usr/bin/env", "XDG_CACHE_HOME=/dev/null", pledge, "-p", "stdio rpath", "--", "/bin/true");
        Samples jvm = Samples.interleaved(COMMAND_ROUNDS, List.of(cold)).getFirst();
        row("./pledge, with a JVM (no cache)", ms(jvm.minimum()), ms(jvm.median()), "median 200 ms");
        List<Samples> samples = Samples.interleaved(CACHED_ROUNDS, List.of(bare, cached));
        row(
                "./pledge, cached, adds",
                ms(samples.getLast().minimum() - samples.getFirst().minimum()),
                ms(samples.getLast().median() - samples.getFirst().median()),
                "6 ms");
    }

    private void policy() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(PolicyBenchmark.class.getSimpleName())
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run();
        for (RunResult result : results) {
            row(
                    "policy to BPF, warm: " + result.getParams().getParam("promises"),
                    "",
                    "%.0f us".formatted(result.getPrimaryResult().getScore()),
                    "200 us");
        }
    }

    private Path launcher(String name, Sandbox sandbox, String... command) throws IOException {
        Path file = directory.resolve(name);
        Files.write(file, sandbox.launcher(command));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    private void row(String what, String minimum, String median, String target) {
        out.printf("%-62s %12s %12s %s%n", what, minimum, median, target);
    }

    private static String ms(double milliseconds) {
        return "%.2f ms".formatted(milliseconds);
    }

    private static String us(double microseconds) {
        return "%.2f us".formatted(microseconds);
    }

    private static String bytes(long size) {
        return size + " bytes";
    }
}
