package org.jpledge;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Landlock;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.FileKind;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Unveil;
import org.jpledge.unveil.UnveilException;

/** Carries a case out: a real program, confined by a launcher, in files of its own. */
final class RegressRun {
    private static final Arch ARCH = Arch.host();
    private static final int OUR_FAILURE = 125;
    private static final int SIGSYS = 159;

    /**
     * A shell that mounts, runs, and unmounts, in a mount namespace of its own. The launcher's helper may end a moment after
     * the program.
     */
    private static final String MOUNT = """
            mount --bind "$0" "$0" || exit 1
            "$@"
            status=$?
            for moment in 1 2 3 4 5 6 7 8 9; do
                umount "$0" 2>/dev/null && echo ok && exit $status
                sleep 0.1
            done
            echo EBUSY
            exit $status
            """;

    private final RegressCase regress;
    private final Path program;
    private final boolean nobody;
    private final boolean veiled;
    private final RegressPlace place;
    private final List<Unveil> unveils = new ArrayList<>();
    private final List<Unveil> missing = new ArrayList<>();

    private RegressRun(RegressCase regress, Path program, boolean nobody, boolean veiled, RegressPlace place) {
        this.regress = regress;
        this.program = program;
        this.nobody = nobody;
        this.veiled = veiled;
        this.place = place;
    }

    /**
     * Carries a case out.
     *
     * @param program the compiled {@code regress.c}
     * @param nobody whether as uid 65534; otherwise as this user
     * @param veiled whether with the case's unveils; otherwise without any
     * @return an answer for each row; for an unveil that is left out, {@code ok}
     */
    static List<String> answers(RegressCase regress, Path program, boolean nobody, boolean veiled) throws IOException {
        try (RegressPlace place = new RegressPlace(regress, program, nobody)) {
            return new RegressRun(regress, program, nobody, veiled, place).answers();
        }
    }

    private List<String> answers() throws IOException {
        List<String> answers = new ArrayList<>();
        List<String> operations = new ArrayList<>();
        for (RegressCase.Row row : regress.rows()) {
            if (!row.isUnveil()) {
                operations.add(row.operation());
                continue;
            }
            if (!operations.isEmpty()) {
                answers.addAll(done(operations));
                operations.clear();
            }
            answers.add(veiled ? unveil(row.operation()) : "ok");
        }
        answers.addAll(done(operations));
        return answers;
    }

    /** Adds an unveil to those that the next launch has, if there can be such a launch. */
    private String unveil(String operation) throws IOException {
        Unveil unveil;
        try {
            unveil = Unveil.parse(path(operation.substring(operation.indexOf(' ') + 1)));
        } catch (UnveilException e) {
            return "error";
        }
        unveils.add(unveil);
        if (!isPossible(false)) {
            missing.add(unveil);
            if (!isPossible(true)) {
                drop(unveil);
            }
            return "error";
        }
        // What the launcher's user may not look at, only the launcher sees.
        if (regress.user().isPresent() && launch(List.of()).status() == OUR_FAILURE) {
            drop(unveil);
            return "error";
        }
        return "ok";
    }

    private void drop(Unveil unveil) {
        unveils.remove(unveil);
        missing.remove(unveil);
    }

    private boolean isPossible(boolean ignoringMissing) throws IOException {
        try {
            plan(ignoringMissing);
            return true;
        } catch (UnveilException e) {
            return false;
        }
    }

    private List<String> done(List<String> operations) throws IOException {
        List<String> arguments = new ArrayList<>();
        boolean unmounting = !operations.isEmpty() && operations.getLast().equals("umount");
        for (String operation : unmounting ? operations.subList(0, operations.size() - 1) : operations) {
            arguments.add(path(operation));
        }
        return answers(launch(arguments), operations);
    }

    private Run launch(List<String> arguments) throws IOException {
        Path directory = NativeProgram.directory();
        try {
            Path launcher = Run.executable(
                    regress.root().isPresent() ? Path.of(path(regress.root().get())) : directory,
                    "launcher",
                    Launcher.of(plan(true)));
            Run run = run(launcher, arguments);
            Files.delete(launcher);
            return run;
        } finally {
            Files.delete(directory);
        }
    }

    private List<String> answers(Run run, List<String> operations) throws IOException {
        List<String> answers = new ArrayList<>(run.out().lines().toList());
        int missing = operations.size() - answers.size();
        if (missing == 1 && run.status() == 0 && operations.getLast().startsWith("execve ")) {
            answers.add("ok"); // a program that prints nothing
            missing = 0;
        }
        if (missing > 0 && run.status() == SIGSYS) {
            answers.add("killed");
            missing--;
        }
        if (missing != 0 || !run.err().isEmpty() || (run.status() != 0 && run.status() != SIGSYS)) {
            throw new IOException("status " + run.status() + ", " + run.out() + run.err());
        }
        return answers;
    }

    private Run run(Path launcher, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (regress.mounted().isPresent()) {
            String mounted = place.directory().resolve(regress.mounted().get()).toString();
            command.addAll(List.of("unshare", "--mount", "sh", "-c", MOUNT, mounted));
        }
        // In the directory only now: what is mounted there lies above what was there.
        StringBuilder shell = new StringBuilder("cd \"$0\" && exec \"$@\"");
        for (Map.Entry<Integer, String> held : regress.held().entrySet()) {
            shell.append(' ').append(held.getKey()).append('<').append(path(held.getValue()));
        }
        command.addAll(List.of("sh", "-c", shell.toString(), path(regress.workingDirectory())));
        String name = launcher.toString();
        if (regress.root().isPresent()) {
            command.add("chroot");
            if (nobody) {
                command.addAll(List.of("--groups=", "--userspec=" + Run.NOBODY + ':' + Run.NOBODY));
            }
            command.add(path(regress.root().get()));
            name = "/launcher";
        }
        List<String> launched = new ArrayList<>(List.of(name));
        launched.addAll(arguments);
        String[] last = launched.toArray(new String[0]);
        command.addAll(List.of(nobody && regress.root().isEmpty() ? Run.unprivileged(last) : last));
        return Run.of(
                new ProcessBuilder(command).redirectInput(new File("/dev/null")).start());
    }

    /** With --ignore-missing if there is something to ignore; or without it, and without what is known to be missing. */
    private LaunchPlan plan(boolean ignoringMissing) throws IOException {
        Policy policy = Policy.of(Promises.parse(regress.promises()));
        for (int descriptor : regress.held().keySet()) {
            policy = policy.keeping(descriptor);
        }
        if (regress.logging()) {
            policy = policy.onViolation(new Action.Log());
        }
        if (ignoringMissing && !missing.isEmpty()) {
            policy = policy.ignoringMissing();
        }
        for (Unveil unveil : unveils) {
            if (ignoringMissing || !missing.contains(unveil)) {
                policy = policy.unveiling(unveil);
            }
        }
        return policy.plan(
                executable(),
                ARCH,
                List.of("regress".getBytes(StandardCharsets.US_ASCII)),
                Landlock.support().abi(),
                FilePath.of(path(regress.workingDirectory())),
                regress.root().isPresent() ? new Rooted(path(regress.root().get())) : new HostTree());
    }

    private Executable executable() throws IOException {
        if (regress.root().isPresent()) {
            Path file = Path.of("/regress");
            return new Executable(file, List.of(file), List.of(), Optional.empty(), Optional.empty(), List.of());
        }
        return found(program.toString());
    }

    private static Executable found(String name) throws IOException {
        try {
            return Executable.find(name, "", ARCH);
        } catch (ExecutableException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private String path(String words) throws IOException {
        if (words.contains("LD.SO")) {
            Path linker = found("/usr/bin/true").dynamicLinker().orElseThrow();
            return place.path(words.replace("LD.SO", linker.toString()));
        }
        return place.path(words);
    }

    /** The files of this machine below a directory, as a process sees them whose root it is. */
    private record Rooted(String root) implements FileTree {
        private static final FileTree HOST = new HostTree();

        private FilePath host(FilePath path) {
            return FilePath.of(path.equals(FilePath.ROOT) ? root : root + path);
        }

        @Override
        public FileKind kind(FilePath path) throws IOException {
            return HOST.kind(host(path));
        }

        @Override
        public FilePath target(FilePath link) throws IOException {
            return HOST.target(host(link));
        }

        @Override
        public List<FilePath> names(FilePath directory) throws IOException {
            return HOST.names(host(directory));
        }
    }
}
