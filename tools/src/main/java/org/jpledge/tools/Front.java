package org.jpledge.tools;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.launch.LandlockProbe;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.LauncherClient;
import org.jpledge.launch.Step;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/**
 * The command behind the shell front {@code pledge}: a child of the shell that writes a launcher, which the shell then
 * executes in its own process. So no trace of a JVM gets into the program.
 */
public final class Front {
    /** The launcher is in the cache, for this and later uses. */
    static final int CACHED = 111;

    /** The launcher is good for this use only. */
    static final int ONCE = 112;

    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("r-x------");
    private static final Set<PosixFilePermission> NATIVE = PosixFilePermissions.fromString("r-xr-xr-x");
    private static final int OURS = 8;

    private Front() {}

    /**
     * Runs the command for the front; or, with a single argument, writes programs into that directory: one that asks the kernel
     * for its Landlock, and one that asks a server for a launcher. The front has read the command line already, with less understanding; where it was wrong
     * nothing is cached.
     *
     * @param arguments the launcher's place in the cache, or an empty word; its place otherwise; how many words belong
     *     to pledge, the command's own included; the program that the front found; the front's process id; {@code
     *     argument} if the front passes the environment to the launcher, {@code written} if the launcher has to have it;
     *     the working directory, if the front has it in the launcher's place because a path is relative, or an empty
     *     word; the exit status of the probe; then the command line
     */
    public static void main(String[] arguments) {
        System.exit(Main.guarded(() -> {
            if (arguments.length == 1) {
                Path directory = Path.of(arguments[0]);
                OutputFile.write(directory.resolve("landlock"), LandlockProbe.of(Arch.host()), NATIVE, null);
                OutputFile.write(directory.resolve("client"), LauncherClient.of(Arch.host()), NATIVE, null);
                return 0;
            }
            List<String> all = Words.arguments(arguments.length);
            List<String> words = all.subList(OURS, all.size());
            List<String> environment = Words.environment(all.get(4));
            boolean passed = all.get(5).equals("argument");
            Step first = passed ? new Step.PassedEnvironment() : written(environment);
            Start write = prepared -> write(all, prepared, passed);
            return new Pledge(
                            environment,
                            Main.output(),
                            Main.errors(),
                            all.get(4),
                            () -> RunningKernel.probed(all.get(7)),
                            List.of(first),
                            write)
                    .perform(words);
        }));
    }

    private static Step written(List<String> environment) {
        List<byte[]> entries = new ArrayList<>();
        for (String entry : environment) {
            if (entry.indexOf('=') > 0) {
                entries.add(Words.bytes(entry));
            }
        }
        return new Step.Environment(false, entries);
    }

    private static int write(List<String> all, Preparation prepared, boolean passed) throws Failure, IOException {
        LaunchPlan plan = prepared.plan();
        if (prepared.reporting().isPresent()) {
            throw Failure.usage("option --report comes before the command, in a word of its own");
        }
        boolean sure = passed
                && prepared.options().fixed()
                && !all.get(0).isEmpty()
                && all.get(2).equals(Integer.toString(prepared.operands() + 1))
                && all.get(3).equals(prepared.found().path())
                && !(prepared.options().relative() && all.get(6).isEmpty());
        Optional<Validity> validity = sure ? Validity.of(prepared) : Optional.empty();
        if (validity.isEmpty()) {
            OutputFile.write(RawPath.of(all.get(1)), Launcher.of(plan), PRIVATE, null);
            return ONCE;
        }
        FileTime time =
                Files.getLastModifiedTime(prepared.found().executable().chain().getFirst());
        Path cached = RawPath.of(all.get(0));
        Path lock = cached.resolveSibling("lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            keep(cached, Launcher.of(plan.general()), time, validity.get());
        }
        return CACHED;
    }

    /**
     * Puts a launcher into the cache. It is good while its conditions hold, so these are taken away first and come last:
     * whoever finds conditions finds their launcher, or a later one.
     */
    private static void keep(Path cached, byte[] launcher, FileTime time, Validity validity) throws IOException {
        Path conditions = cached.resolveSibling(cached.getFileName() + ".when");
        Files.deleteIfExists(conditions);
        for (FileTime each : validity.times()) {
            OutputFile.write(cached.resolveSibling(Validity.name(each)), new byte[0], PRIVATE, each);
        }
        OutputFile.write(cached, launcher, PRIVATE, time);
        OutputFile.write(conditions, Words.bytes(validity.conditions()), PRIVATE, null);
    }
}
