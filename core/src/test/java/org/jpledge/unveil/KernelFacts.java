package org.jpledge.unveil;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.linux.Kernel;

/** The program that {@link VeilEnforcementTest} starts: prints what the running kernel answers, a name and a number a line. */
final class KernelFacts {
    private static final Abi ABI = RealKernel.abi();

    private KernelFacts() {}

    /** Argument: a directory to work in. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]).toRealPath();
        FilePath base = FilePath.of(directory.toString());
        long known = Rights.known(FsRight.values(), ABI).bits();
        say("every-known-right", Math.min(0, RealKernel.createRuleset(known)));
        say("one-right-more", RealKernel.createRuleset(known + 1));
        long ruleset = RealKernel.createRuleset(known);
        Files.createFile(directory.resolve("file"));
        say("directory-right-on-directory", RealKernel.addRule(ruleset, base, Rights.of(FsRight.READ_DIR)));
        FilePath file = base.child(FilePath.of("file"));
        say("directory-right-on-file", RealKernel.addRule(ruleset, file, Rights.of(FsRight.READ_DIR)));
        say("truncate-on-file", RealKernel.addRule(ruleset, file, Rights.of(FsRight.TRUNCATE)));

        Files.createDirectory(directory.resolve("inside"));
        Files.createFile(directory.resolve("inside/file"));
        Ruleset inside = veil(base, "rwc:inside");
        say("delete-outside", confined(inside, () -> unlink(file)));
        say("delete-inside", confined(inside, () -> unlink(base.child(FilePath.of("inside/file")))));
        say("truncate-file-unveiled-rwc", confined(veil(base, "rwc:file"), () -> truncate(file)));
        say("truncate-file-unveiled-r", confined(veil(base, "r:file"), () -> truncate(file)));

        FilePath dot = FilePath.of(".");
        FilePath again = base.child(FilePath.of("again"));
        Files.createFile(directory.resolve("again"));
        Ruleset named = veil(base, "rc:.", "rwc:again");
        say("named-file", confined(named, () -> RealKernel.open(RealKernel.AT_FDCWD, again, RealKernel.O_WRONLY)));
        say("named-file-made-again", confined(named, () -> {
            RealKernel.check("unlink", unlink(again));
            RealKernel.check("mkfile", RealKernel.open(RealKernel.AT_FDCWD, again, RealKernel.O_CREAT));
            return RealKernel.open(RealKernel.AT_FDCWD, again, RealKernel.O_WRONLY);
        }));
        Files.createFile(directory.resolve("hidden"));
        FilePath hidden = base.child(FilePath.of("hidden"));
        say(
                "hidden-file",
                confined(veil(base, "r:.", ":hidden"), () -> RealKernel.open(RealKernel.AT_FDCWD, hidden, 0)));
        Files.createLink(directory.resolve("second"), directory.resolve("hidden"));
        say(
                "hidden-file-with-two-names",
                confined(veil(base, "r:.", ":hidden"), () -> RealKernel.open(RealKernel.AT_FDCWD, hidden, 0)));
        long old = RealKernel.open(RealKernel.AT_FDCWD, base, 0);
        FilePath name = FilePath.of("file");
        say("old-directory-itself", confined(inside, () -> RealKernel.list(old)));
        say("file-in-old-directory", confined(inside, () -> RealKernel.open(old, name, 0)));
        say("file-in-old-directory-unveiled", confined(veil(base, "r:file"), () -> RealKernel.open(old, name, 0)));
        say("unlink-dot", confined(veil(base, "rwxc:."), () -> RealKernel.unlink(old, dot)));
        int temporary = RealKernel.O_TMPFILE | RealKernel.O_WRONLY;
        say("temporary-file-in-w", confined(veil(base, "w:."), () -> RealKernel.open(old, dot, temporary)));
        say("temporary-file-in-rc", confined(veil(base, "rc:."), () -> RealKernel.open(old, dot, temporary)));

        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ruleset ports = Ruleset.NOTHING.withPorts(List.of(
                    new PortRule(one.getLocalPort(), Rights.of(NetRight.CONNECT_TCP)),
                    new PortRule(0, Rights.of(NetRight.BIND_TCP))));
            say("connect-named-port", confined(ports, () -> RealKernel.tcp("connect", one.getLocalPort())));
            say("connect-other-port", confined(ports, () -> RealKernel.tcp("connect", other.getLocalPort())));
            say("bind-named-port", confined(ports, () -> RealKernel.tcp("bind", 0)));
            say("bind-other-port", confined(ports, () -> RealKernel.tcp("bind", other.getLocalPort())));
        }

        String abstractName = "jpledge-" + ProcessHandle.current().pid();
        RealKernel.check("bind", RealKernel.abstractSocket("bind", abstractName));
        Ruleset sockets = Ruleset.NOTHING.withScopes(Rights.of(Scope.ABSTRACT_UNIX_SOCKET));
        Ruleset signals = Ruleset.NOTHING.withScopes(Rights.of(Scope.SIGNAL));
        say(
                "abstract-socket",
                confined(signals, () -> Math.min(0, RealKernel.abstractSocket("connect", abstractName))));
        say(
                "abstract-socket-scoped",
                confined(sockets, () -> Math.min(0, RealKernel.abstractSocket("connect", abstractName))));
        long parent = ProcessHandle.current().parent().orElseThrow().pid();
        say("signal", confined(sockets, () -> Kernel.call("kill", parent, 0)));
        say("signal-scoped", confined(signals, () -> Kernel.call("kill", parent, 0)));

        say("sixteen-layers", layers(Ruleset.MOST_LAYERS));
        say("seventeen-layers", layers(Ruleset.MOST_LAYERS + 1));
    }

    private static Ruleset veil(FilePath base, String... words) {
        List<Unveil> unveils = new ArrayList<>();
        for (String word : words) {
            unveils.add(Unveil.parse(word));
        }
        Veil.Reading reading = new Veil.Reading(Meaning.UNPLEDGED, base, false, Listing.KEPT);
        return Veil.of(unveils, reading, new HostTree()).ruleset();
    }

    private static long unlink(FilePath path) {
        return RealKernel.perform(Operation.of(Operation.Call.UNLINK, path));
    }

    private static long truncate(FilePath path) {
        return RealKernel.perform(Operation.of(Operation.Call.TRUNCATE, path));
    }

    private static long layers(int count) throws Exception {
        return inThread(() -> {
            for (int i = 1; i < count; i++) {
                RealKernel.check(
                        "layer " + i,
                        RealKernel.restrict(Ruleset.ofPaths(List.of()).degrade(ABI)));
            }
            return RealKernel.restrict(Ruleset.ofPaths(List.of()).degrade(ABI));
        });
    }

    private static long confined(Ruleset ruleset, LongSupplier work) throws Exception {
        // Once without restriction, so that every class is there.
        RealKernel.perform(Operation.of(Operation.Call.STAT, FilePath.ROOT));
        return inThread(() -> {
            Degraded degraded = ruleset.degrade(ABI);
            if (!degraded.ruleset().isNothing()) {
                RealKernel.check("landlock_restrict_self", RealKernel.restrict(degraded));
            }
            return work.getAsLong();
        });
    }

    private static long inThread(LongSupplier work) throws Exception {
        FutureTask<Long> task = new FutureTask<>(work::getAsLong);
        new Thread(task).start();
        return task.get();
    }

    private static void say(String name, long answer) {
        System.out.println(name + " " + Math.min(0, answer));
    }
}
