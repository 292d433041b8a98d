package org.jpledge;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jpledge.landlock.FilePath;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.launch.Launcher;
import org.jpledge.linux.Violations;
import org.jpledge.promise.Amendment;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.NamedFilter;
import org.jpledge.promise.Policy;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.Promises;
import org.jpledge.promise.UnenforceableException;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;
import org.jspecify.annotations.Nullable;

/**
 * A set of promises, and the ways to hold a program to them.
 *
 * {@snippet :
 * Process sort = Sandbox.pledge(Promise.STDIO).start("sort", "-u");
 * }
 *
 * <p>The kernel enforces what was promised (seccomp(2)); nothing of this library runs beside the program. It gets
 * descriptors 0, 1 and 2 and no others. A child inherits what its parent has entered, so it is never allowed more than the
 * parent, whatever its own sandbox says; a parent that has entered one cannot unveil for it any more. Immutable and thread safe: every method that changes something returns a new
 * sandbox.
 */
public final class Sandbox {
    private static final int EPERM = 1;

    /** What reports call a filter. */
    private static final String FILTER = "SyscallFilter";

    private final Policy policy;

    private Sandbox(Policy policy) {
        this.policy = policy;
    }

    /**
     * Promises.
     *
     * @param promises what a program will do; none at all lets it do nothing but end
     * @return a sandbox that allows this and nothing else
     */
    public static Sandbox pledge(Promise... promises) {
        String[] words = new String[promises.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = promises[i].word();
        }
        return new Sandbox(Policy.of(Promises.of(words)));
    }

    /**
     * Promises, as pledge(2) takes them.
     *
     * @param promises words separated by spaces; the empty string lets a program do nothing but end
     * @return a sandbox that allows this and nothing else
     * @throws IllegalArgumentException if a word is no promise; the message names it and the nearest one
     */
    public static Sandbox pledge(String promises) {
        try {
            return new Sandbox(Policy.of(Promises.parse(promises)));
        } catch (PromiseException e) {
            throw new PledgeException(
                    e.errno(), e.word().isEmpty() ? List.of() : List.of(e.word()), String.valueOf(e.getMessage()));
        }
    }

    /**
     * Unveils a path, as unveil(2) does. The first one closes the file system: what is not beneath an unveiled path is not
     * there, but for what promises open by themselves. In this process the JVM's own files and the class path can be read too.
     *
     * @param path a path that exists, or whose directory does; taken from the working directory if it is not absolute
     * @param permissions letters: {@code r} read, {@code w} write, {@code x} execute, {@code c} create and remove; none hides
     *     what is beneath
     * @return the changed sandbox
     * @throws IllegalArgumentException if a letter is none, or the path is empty, too long, or of another file system than the
     *     default one
     */
    public Sandbox unveil(Path path, String permissions) {
        if (!path.getFileSystem().equals(FileSystems.getDefault())) {
            throw new IllegalArgumentException(
                    path + " is within " + path.getFileSystem() + ", and the kernel knows only its own files");
        }
        FilePath bytes = FilePath.of(path.toString().getBytes(Executable.NAMES));
        return new Sandbox(policy.unveiling(new Unveil(bytes, Permissions.parse(permissions), path.toString())));
    }

    /**
     * Allows connections to a TCP port of others; all ports that are not named are refused. Needs Linux 6.7 (Landlock ABI 4). UDP
     * is held to the ports from Linux 7.2 on (ABI 10), and refused before that.
     *
     * @param port from 1 to 65535
     * @return the changed sandbox
     * @throws IllegalArgumentException if it is no port
     */
    public Sandbox connect(int port) {
        return new Sandbox(policy.connecting(port));
    }

    /**
     * Allows an own TCP port; all ports that are not named are refused. Needs Linux 6.7 (Landlock ABI 4).
     *
     * @param port from 0 to 65535; 0 is any that the kernel picks
     * @return the changed sandbox
     * @throws IllegalArgumentException if it is no port
     */
    public Sandbox bind(int port) {
        return new Sandbox(policy.binding(port));
    }

    /**
     * A filter in place of promises. Paths and ports are closed only by what is unveiled, and by lists of ports. In this process
     * the JVM's own needs are allowed whatever the filter says; before a program's entry point, its dynamic linker's.
     *
     * @param filter the filter; it may not ask anybody (trace, notify)
     * @return a sandbox that allows what the filter does
     * @throws IllegalArgumentException if it asks somebody, or says nothing of this machine's architecture
     */
    public static Sandbox filtered(Filter filter) {
        return checked(Policy.of(new NamedFilter(FILTER, filter)));
    }

    /**
     * As {@link #filtered(Filter)}.
     *
     * @param filter the filter; its flags are for loading it alone
     * @return a sandbox that allows what the filter does
     * @throws IllegalArgumentException if it asks somebody, or says nothing of this machine's architecture
     */
    public static Sandbox filtered(SyscallFilter filter) {
        return filtered(filter.filter());
    }

    /**
     * A filter besides. A call is allowed if this sandbox and the filter allow it; of two refusals the more severe one counts, in
     * the order of seccomp(2). Rules of {@link #allow} and {@link #deny} stand before both.
     *
     * @param filter the filter; it may not ask anybody (trace, notify)
     * @return the changed sandbox
     * @throws IllegalArgumentException if it asks somebody, says nothing of this machine's architecture, or cannot be had
     *     together with a filter that was given before
     */
    public Sandbox filter(Filter filter) {
        return checked(policy.filtering(new NamedFilter(FILTER, filter)));
    }

    /**
     * As {@link #filter(Filter)}.
     *
     * @param filter the filter; its flags are for loading it alone
     * @return the changed sandbox
     * @throws IllegalArgumentException if it asks somebody, says nothing of this machine's architecture, or cannot be had
     *     together with a filter that was given before
     */
    public Sandbox filter(SyscallFilter filter) {
        return filter(filter.filter());
    }

    /**
     * Allows system calls that are not promised. Of all rules the first one that matches counts. Paths and ports are not system
     * calls: what Landlock closes stays closed.
     *
     * @param rule such as {@code ioctl(request == TIOCGWINSZ)}, in the language of {@link org.jpledge.seccomp.RuleParser}
     * @return the changed sandbox
     * @throws org.jpledge.seccomp.RuleSyntaxException if it is no rule, or refuses what it names
     */
    public Sandbox allow(String rule) {
        return checked(policy.amending(new Amendment(Amendment.Kind.ALLOW, rule)));
    }

    /**
     * Makes a violation of system calls that are promised: from the entry point of a program on, and before it where its dynamic
     * linker has no need of them; in this process at once, but for what the JVM needs.
     *
     * @param rule such as {@code socketpair}, or {@code socketpair -> errno EACCES}, in the language of {@link
     *     org.jpledge.seccomp.RuleParser}
     * @return the changed sandbox
     * @throws org.jpledge.seccomp.RuleSyntaxException if it is no rule, or allows what it names
     */
    public Sandbox deny(String rule) {
        return checked(policy.amending(new Amendment(Amendment.Kind.DENY, rule)));
    }

    private static Sandbox checked(Policy policy) {
        policy.exact(Arch.host(), Enforcement.NONE);
        return new Sandbox(policy);
    }

    /**
     * Passes over what the kernel cannot enforce, instead of failing. {@link Report#shortfalls()} says what it was.
     *
     * @return the changed sandbox
     */
    public Sandbox bestEffort() {
        return new Sandbox(policy.demanding(Demand.BEST_EFFORT));
    }

    /**
     * Restricts this process, all its threads, for good: to what this sandbox allows, what a JVM needs to go on, and what the
     * process was restricted to before. Native code that the Java library loads late cannot be loaded any more without
     * {@code prot_exec}, nor files be read without {@code rpath}: what this sandbox's promises will surely use is loaded first, see
     * {@link #preload}. Takes some milliseconds, in which all threads stop. May be called by any thread, virtual ones too.
     *
     * @return what is enforced
     * @throws PledgeException EPERM if this is more than the process has, or it has locked its paths
     * @throws SandboxException if the kernel, or this JVM, does not let it be enforced: nothing is restricted then, or
     *     {@link SandboxException#isPartial()} says so
     * @throws IllegalArgumentException if an unveiled path is not there
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public Report enter() {
        return InProcess.enter(policy);
    }

    /**
     * Does what {@link #enter} does, short of restricting anything: loads what could not be loaded later, asks the kernel and
     * compiles the filter, so that entering takes less time afterwards. A training run for an AOT cache calls this instead of
     * {@link #enter}, since a JVM in a sandbox cannot write its cache ({@code docs/jvm.md}). Does nothing in a process that
     * has entered a sandbox.
     *
     * @throws SandboxException if the kernel, or this JVM, does not let it be enforced
     * @throws IllegalArgumentException if an unveiled path is not there
     * @throws UnsupportedOperationException if this is not Linux on a known processor
     */
    public void prepare() {
        InProcess.prepare(policy);
    }

    /**
     * Loads parts of the Java library that could not be loaded any more in a sandbox.
     *
     * @param parts what to load; without any, all but {@link Preload#MANAGEMENT}, and {@link Preload#TLS}, which takes longest
     * @throws SandboxException if a part cannot be loaded: most likely since this process is in a sandbox already
     */
    public static void preload(Preload... parts) {
        List<Preload> wanted = new ArrayList<>(List.of(parts));
        if (wanted.isEmpty()) {
            wanted.addAll(EnumSet.complementOf(EnumSet.of(Preload.MANAGEMENT, Preload.TLS)));
        }
        for (Preload part : wanted) {
            part.run();
        }
    }

    /**
     * Chooses what a violation means.
     *
     * @param choice the choice; {@link OnViolation#REFUSE} if this method is not called
     * @return the changed sandbox
     */
    public Sandbox onViolation(OnViolation choice) {
        return new Sandbox(policy.onViolation(
                switch (choice) {
                    case REFUSE -> new Action.Errno(EPERM);
                    case KILL -> new Action.KillProcess();
                    case TRAP -> new Action.Trap(0);
                    case REPORT -> new Action.Trap(Violations.REPORT);
                    case LOG -> new Action.Log();
                }));
    }

    /**
     * Refuses to start a program where the kernel allows no tracing, and so only the sandbox in which dynamic linkers
     * run: reading files and mapping them as code is possible there. Without this, such a program is started, and one
     * line on its standard error says so.
     *
     * @return the changed sandbox
     */
    public Sandbox strict() {
        return new Sandbox(policy.demanding(Demand.EVERYTHING));
    }

    /**
     * Compiles a launcher: a static ELF executable of a few KiB that needs no Java. It runs the command in this
     * sandbox, with its own arguments appended.
     *
     * @param command a program, looked for in PATH if it has no slash, and its first arguments
     * @return the bytes of the executable
     * @throws IOException if there is no such program, or it cannot be executed; the message says why
     */
    public byte[] launcher(String... command) throws IOException {
        return launcher(null, command);
    }

    /** One of a command that is to start in a directory, if one is given. */
    private byte[] launcher(@Nullable File directory, String... command) throws IOException {
        if (command.length == 0) {
            throw new IllegalArgumentException("no command");
        }
        // As ProcessBuilder does: it is looked for when the directory has been entered.
        String program = directory != null && command[0].indexOf('/') > 0
                ? new File(directory, command[0]).getPath()
                : command[0];
        List<byte[]> arguments = new ArrayList<>();
        for (String argument : command) {
            if (argument.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an argument has a NUL character");
            }
            arguments.add(argument.getBytes(Executable.NAMES));
        }
        if (policy.violation().equals(new Action.Trap(Violations.REPORT))) {
            throw new IllegalStateException(
                    "REPORT is for the process itself: a program has no handler for the signal");
        }
        try {
            Arch arch = Arch.host();
            String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
            return Launcher.of(policy.plan(
                    Executable.find(program, path, arch),
                    arch,
                    arguments,
                    InProcess.abiForChildren(),
                    InProcess.directory(),
                    new HostTree()));
        } catch (ExecutableException e) {
            throw new IOException(e.getMessage(), e);
        } catch (UnenforceableException e) {
            throw new SandboxException(
                    InProcess.isEntered()
                            ? "a process that is in a sandbox itself cannot unveil, or list ports, for a child"
                            : String.valueOf(e.getMessage()),
                    false,
                    e);
        }
    }

    /**
     * Starts a program in this sandbox, with pipes to its standard streams.
     *
     * @param command a program, looked for in PATH if it has no slash, and its arguments
     * @return the process: its id is the program's own
     * @throws IOException if it cannot be started
     */
    public Process start(String... command) throws IOException {
        return start(new ProcessBuilder(command));
    }

    /**
     * Starts a program in this sandbox, as the builder says: directory, environment, redirections.
     *
     * @param builder the command and its circumstances; its command is the same afterwards. A relative program with a slash is
     *     one of the builder's directory
     * @return the process: its id is the program's own
     * @throws IOException if it cannot be started
     */
    public Process start(ProcessBuilder builder) throws IOException {
        String[] command = builder.command().toArray(new String[0]);
        return StartedLauncher.start(builder, launcher(builder.directory(), command));
    }
}
