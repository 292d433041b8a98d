package org.jpledge.benchmarks;

import java.util.concurrent.TimeUnit;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.syscall.Arch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From promise words to a BPF program, in a warm JVM. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PolicyBenchmark {
    /** The words. */
    @Param({"stdio", "stdio rpath", "stdio rpath wpath cpath inet dns proc exec prot_exec tty"})
    public String promises = "";

    /** Parses, lowers and compiles the exact filter. */
    @Benchmark
    public Compiled compile() {
        return Compiler.compile(Policy.of(Promises.parse(promises)).exact(Arch.host(), Enforcement.NONE));
    }
}
