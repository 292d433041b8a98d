package org.jpledge.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;

/**
 * What a file costs to open and close in so many layers of Landlock. A thread that restricts itself measures; so the
 * layers end with it.
 */
final class LayerCost {
    private static final int[] LAYERS = {0, 1, 4, 16};
    private static final int BATCH = 2000;
    private static final int BATCHES = 60;
    private static final int AT_FDCWD = -100;
    private static final int O_CLOEXEC = 0x80000;
    private static final double MICROSECOND = 1000;

    private LayerCost() {}

    /** Microseconds for one open and one close, minimum and median of the batches, by the number of layers. */
    static Map<Integer, Samples> measure() throws InterruptedException, ExecutionException {
        FutureTask<Map<Integer, Samples>> measuring = new FutureTask<>(layerByLayer());
        Thread thread = Thread.ofPlatform().start(measuring);
        thread.join();
        return measuring.get();
    }

    private static Callable<Map<Integer, Samples>> layerByLayer() {
        return () -> {
            Map<Integer, Samples> results = new LinkedHashMap<>();
            int layers = 0;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment path = arena.allocateFrom("/usr/lib/os-release");
                batch(path);
                for (int wanted : LAYERS) {
                    while (layers < wanted) {
                        restrict();
                        layers++;
                    }
                    double[] times = new double[BATCHES];
                    for (int i = 0; i < BATCHES; i++) {
                        times[i] = batch(path) / MICROSECOND / BATCH;
                    }
                    Arrays.sort(times);
                    results.put(wanted, new Samples(times[0], times[BATCHES / 2]));
                }
            }
            return results;
        };
    }

    private static void restrict() throws KernelException {
        List<PathRule> everything =
                List.of(new PathRule(FilePath.of("/usr"), true, Ruleset.ALL_FS, PathRule.Presence.REQUIRED));
        Abi abi = Landlock.support().abi();
        try (Landlock.Layer layer = Landlock.make(Ruleset.ofPaths(everything).degrade(abi))) {
            layer.restrictThread(Rights.none());
        }
    }

    private static long batch(MemorySegment path) throws KernelException {
        long start = System.nanoTime();
        for (int i = 0; i < BATCH; i++) {
            long descriptor = Kernel.require("openat", AT_FDCWD, path.address(), O_CLOEXEC, 0);
            Kernel.require("close", descriptor);
        }
        return System.nanoTime() - start;
    }
}
