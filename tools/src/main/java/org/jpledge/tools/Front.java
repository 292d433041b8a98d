package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.Step;

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
    private static final int OURS = 6;
    private static final long RACY_MILLIS = 2000;

    private Front() {}

    /**
     * Runs the command for the front. It has read the command line already, with less understanding; where it was wrong
     * nothing is cached.
     *
     * @param arguments the launcher's place in the cache, or an empty word; its place otherwise; how many words belong
     *     to pledge, the command's own included; the program that the front found; the front's process id; {@code
     *     argument} if the front passes the environment to the launcher, {@code written} if the launcher has to have it;
     *     then the command line
     */
    public static void main(String[] arguments) {
        System.exit(Main.guarded(() -> {
            List<String> all = Words.arguments(arguments.length);
            List<String> words = all.subList(OURS, all.size());
            List<String> environment = Words.environment(all.get(4));
            boolean passed = all.get(5).equals("argument");
            Step first = passed ? new Step.PassedEnvironment() : written(environment);
            Start write = (plan, found, operands, fixed) -> write(all, plan, found, operands, fixed && passed);
            return new Pledge(environment, Main.output(), List.of(first), write).perform(words);
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

    private static int write(List<String> all, LaunchPlan plan, CommandSearch found, int operands, boolean fixed)
            throws IOException {
        List<Path> chain = found.executable().chain();
        List<FileTime> times = new ArrayList<>();
        boolean sure = fixed
                && !all.get(0).isEmpty()
                && all.get(2).equals(Integer.toString(operands + 1))
                && all.get(3).equals(found.path());
        long settled = System.currentTimeMillis() - RACY_MILLIS;
        for (Path file : chain) {
            FileTime time = Files.getLastModifiedTime(file);
            times.add(time);
            sure &= time.toMillis() < settled;
        }
        if (!sure) {
            OutputFile.write(RawPath.of(all.get(1)), Launcher.of(plan), PRIVATE, null);
            return ONCE;
        }
        // A launcher is good as long as each file that it depends on has the time of its mark; the launcher is the
        // first one's mark, and the last to be written. The first number that is missing ends the marks.
        Path cached = RawPath.of(all.get(0));
        for (int i = 1; i < chain.size(); i++) {
            byte[] path = Words.bytes(RawPath.word(chain.get(i)) + '\n');
            OutputFile.write(mark(cached, i), path, PRIVATE, times.get(i));
        }
        Files.deleteIfExists(mark(cached, chain.size()));
        LaunchPlan general = new LaunchPlan(
                plan.arch(),
                plan.steps(),
                plan.confinement(),
                plan.program(),
                plan.arguments().subList(0, 1));
        OutputFile.write(cached, Launcher.of(general), PRIVATE, times.getFirst());
        return CACHED;
    }

    private static Path mark(Path cached, int number) {
        return cached.resolveSibling(cached.getFileName() + "." + number);
    }
}
