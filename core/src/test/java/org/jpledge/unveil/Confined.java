package org.jpledge.unveil;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Verdict;

/**
 * The program that {@link VeilEnforcementTest} starts: puts random files on the disk, restricts a thread to random veils, has
 * it do something, and compares what the kernel says with what the model says. Landlock holds a thread and what it starts, so
 * that one process can do this many times.
 */
final class Confined {
    private static final int LAYERS = 3;
    private static final int OPERATIONS = 12;

    private final Path directory;
    private final Abi abi = RealKernel.abi();
    private int allowed;
    private int refused;
    private int between;

    private Confined(Path directory) {
        this.directory = directory;
    }

    /** Arguments: a directory to work in, a seed, how many scenarios. */
    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[1]);
        int scenarios = Integer.parseInt(arguments[2]);
        Confined confined = new Confined(Path.of(arguments[0]).toRealPath());
        confined.loadEverything();
        for (int i = 0; i < scenarios; i++) {
            confined.scenario(seed + i);
        }
        System.out.println(
                "allowed " + confined.allowed + " refused " + confined.refused + " between " + confined.between);
    }

    /** A restricted thread could not load classes any more. */
    private void loadEverything() throws Exception {
        FilePath nowhere = FilePath.of(directory + "/none/none");
        inThread(() -> {
            for (Operation.Call call : Operation.Call.values()) {
                RealKernel.perform(Operation.of(call, nowhere));
            }
            return 0L;
        });
    }

    private void scenario(long seed) throws Exception {
        Random random = new Random(seed);
        // Links go one directory up at the most.
        Path scene = directory.resolve(Long.toString(seed));
        Path place = scene.resolve("files");
        Files.createDirectories(place);
        RandomFiles files = new RandomFiles(random, place.toString());
        MemoryTree tree = files.tree();
        List<Degraded> layers = new ArrayList<>();
        RealKernel.make(tree, place.toString());
        FilePath real = FilePath.of(place.toString());
        for (int i = 1 + random.nextInt(LAYERS); i > 0; i--) {
            // An older version's ruleset is one that this kernel takes too.
            Abi version = random.nextBoolean() ? abi : Abi.of(1 + random.nextInt(abi.version()));
            if (random.nextInt(3) == 0) {
                layers.add(files.layer(tree).degrade(version));
                continue;
            }
            Veil.Reading reading = new Veil.Reading(
                    Meaning.UNPLEDGED, real, true, random.nextBoolean() ? Listing.KEPT : Listing.CLOSED);
            List<Unveil> unveils = files.unveils(tree);
            try {
                Ruleset ruleset = Veil.of(unveils, reading, new HostTree()).ruleset();
                if (!Veil.of(unveils, reading, tree).ruleset().equals(ruleset)) {
                    System.out.println(
                            "MISMATCH seed " + seed + ": over real files another veil: " + unveils + ruleset);
                }
                layers.add(ruleset.degrade(version));
            } catch (UnveilException e) {
                // Another scenario will do.
            }
        }
        if (!layers.isEmpty()) {
            List<Ruleset> rulesets = new ArrayList<>();
            for (Degraded layer : layers) {
                rulesets.add(layer.ruleset());
            }
            Model model = new Model(abi, rulesets);
            OpenBsd lookup = new OpenBsd(tree, real);
            for (int i = 0; i < OPERATIONS; i++) {
                Optional<Operation> operation = random.nextInt(3) == 0
                        ? files.operation(
                                tree, lookup, random.nextBoolean() ? Operation.Call.LINK : Operation.Call.RENAME)
                        : files.operation(tree, lookup);
                if (operation.isPresent()) {
                    compare(seed, place, tree, layers, model, lookup, operation.get());
                }
            }
        }
        remove(scene);
    }

    private void compare(
            long seed,
            Path place,
            MemoryTree tree,
            List<Degraded> layers,
            Model model,
            OpenBsd lookup,
            Operation operation)
            throws Exception {
        Verdict expected = Linux.verdict(
                model,
                operation,
                lookup.lookup(operation.path(), operation.call().follows()).orElseThrow(),
                lookup.lookup(operation.second(), false).orElseThrow());
        renew(place, tree);
        long free = inThread(() -> RealKernel.perform(operation));
        if (operation.call() == Operation.Call.EXECUTE && free == -RealKernel.EINVAL) {
            return; // before Linux 6.14, execveat cannot be asked without doing it
        }
        renew(place, tree);
        long confined = inThread(() -> {
            for (Degraded layer : layers) {
                RealKernel.check("landlock_restrict_self", RealKernel.restrict(layer));
            }
            return RealKernel.perform(operation);
        });
        Verdict got = verdict(confined);
        // The twin: without Landlock nothing is refused, so that every refusal is Landlock's; and what it allows ends
        // as without it.
        boolean sane = verdict(free) == Verdict.ALLOWED && isExpected(operation, free);
        if (got != expected || !sane || (got == Verdict.ALLOWED && confined != free)) {
            System.out.println("MISMATCH seed " + seed + ": " + operation + ": expected " + expected + ", kernel "
                    + confined + ", unrestricted " + free + ", layers " + layers + ", files " + tree.entries());
        }
        switch (expected) {
            case ALLOWED -> allowed++;
            case EACCES -> refused++;
            case EXDEV -> between++;
        }
    }

    /** What operations on such files end in when nobody forbids them. */
    private static boolean isExpected(Operation operation, long result) {
        if (result >= 0) {
            return true;
        }
        return switch ((int) -result) {
            case RealKernel.ENOTEMPTY ->
                operation.call() == Operation.Call.RMDIR || operation.call() == Operation.Call.RENAME;
            case RealKernel.ENXIO -> operation.call() == Operation.Call.OPEN; // pipes without a reader, and sockets
            case RealKernel.ECONNREFUSED -> operation.call() == Operation.Call.CONNECT;
            case RealKernel.EPERM -> operation.call() == Operation.Call.MKNOD; // not root
            default -> false;
        };
    }

    private static Verdict verdict(long result) {
        return switch ((int) -result) {
            case RealKernel.EACCES -> Verdict.EACCES;
            case RealKernel.EXDEV -> Verdict.EXDEV;
            default -> Verdict.ALLOWED;
        };
    }

    private static void renew(Path place, MemoryTree tree) throws IOException {
        Path scene = place.resolve("..").normalize();
        remove(scene);
        Files.createDirectories(place);
        RealKernel.make(tree, place.toString());
    }

    private static void remove(Path place) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (Stream<Path> below = Files.walk(place)) {
            below.forEach(paths::addFirst);
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }

    private static long inThread(Callable<Long> work) throws Exception {
        FutureTask<Long> task = new FutureTask<>(work);
        Thread thread = new Thread(task);
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
