package org.jpledge.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Unveil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** From unveils of directories that there are to Landlock rulesets, in a warm JVM. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class EnforcementBenchmark {
    private static final int NEIGHBOURS = 100;

    /** How many neighbours in one directory are unveiled. */
    @Param({"0", "1", "100"})
    public int unveils;

    /** Whether the directory is unveiled too, with w, so that each of them is a carve-out. */
    @Param({"false", "true"})
    public boolean carved;

    private final HostTree tree = new HostTree();
    private Path directory = Path.of("");
    private Policy policy = Policy.of(Promises.NONE);

    /** Makes the directories. */
    @Setup
    public void make() throws IOException {
        directory = Files.createTempDirectory("enforcement").toRealPath();
        policy = Policy.of(Promises.parse("stdio rpath wpath prot_exec"));
        if (carved) {
            policy = policy.unveiling(Unveil.of(directory.toString(), "rw"));
        }
        for (int i = 0; i < NEIGHBOURS; i++) {
            Files.createDirectory(name(i));
            if (i < unveils) {
                policy = policy.unveiling(Unveil.of(name(i).toString(), "r"));
            }
        }
    }

    /** Removes them. */
    @TearDown
    public void remove() throws IOException {
        for (int i = 0; i < NEIGHBOURS; i++) {
            Files.delete(name(i));
        }
        Files.delete(directory);
    }

    private Path name(int index) {
        return directory.resolve("neighbour" + index);
    }

    /** Makes the exact ruleset. */
    @Benchmark
    public Enforcement enforce() {
        return policy.enforce(Arch.host(), Abi.V7, FilePath.ROOT, tree);
    }
}
