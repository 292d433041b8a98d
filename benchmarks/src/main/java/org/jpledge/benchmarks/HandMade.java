package org.jpledge.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Landlock;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;

/** Launchers with rulesets of a known size, whatever a policy would make of so many unveils. */
final class HandMade {
    /** How many unveils; none and no ruleset at all is -1. */
    static final int[] COUNTS = {-1, 0, 1, 10, 100};

    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> RUN = READ.plus(FsRight.EXECUTE);

    private HandMade() {}

    /** A launcher of /bin/true, with so many directories unveiled, in both rulesets. */
    static Path launcher(Path directory, int unveils) throws IOException {
        List<PathRule> exact = new ArrayList<>();
        for (int i = 0; i < unveils; i++) {
            Path unveiled =
                    Files.createDirectories(directory.resolve("unveiled").resolve(Integer.toString(i)));
            exact.add(new PathRule(
                    FilePath.of(unveiled.toRealPath().toString()), true, READ, PathRule.Presence.REQUIRED));
        }
        List<PathRule> loader = new ArrayList<>(exact);
        for (String system : List.of("/usr", "/lib", "/lib64", "/bin")) {
            loader.add(new PathRule(FilePath.of(system), true, RUN, PathRule.Presence.SYSTEM));
        }
        loader.add(new PathRule(
                FilePath.of("/etc/ld.so.cache"), false, Rights.of(FsRight.READ_FILE), PathRule.Presence.SYSTEM));
        try {
            byte[] image = Launcher.of(Policy.of(Promises.parse("stdio rpath"))
                    .plan(
                            Executable.of(Path.of("/bin/true"), Arch.host()),
                            Arch.host(),
                            List.of("true".getBytes(StandardCharsets.US_ASCII)),
                            unveils < 0 ? Enforcement.NONE : enforcement(exact, loader)));
            Path file = Files.write(directory.resolve("unveils" + unveils), image);
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        } catch (ExecutableException e) {
            throw new IOException(e);
        }
    }

    private static Enforcement enforcement(List<PathRule> exact, List<PathRule> loader) {
        var abi = Landlock.support().abi();
        return new Enforcement(
                abi,
                Enforcement.NONE.circumstances(),
                Optional.of(Ruleset.ofPaths(exact).degrade(abi).ruleset()),
                Optional.of(Ruleset.ofPaths(loader).degrade(abi).ruleset()),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false);
    }
}
