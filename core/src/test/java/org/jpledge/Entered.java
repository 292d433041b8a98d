package org.jpledge;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarFile;
import javax.crypto.Cipher;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import jdk.jfr.Recording;
import org.jpledge.bpf.Comparison;
import org.jpledge.bpf.Insn;
import org.jpledge.bpf.Program;
import org.jpledge.linux.CodeCache;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.Seccomp;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.SyscallTable;

/** Run in JVMs of their own: enters a sandbox, tries things, and prints how each went. */
final class Entered {
    private static final long RETURN_ERRNO = 0x00050000;
    private static final int ENOSYS = 38;

    /** S_IFIFO, and what its owner may do. */
    private static final int PIPE = 0x1180;

    /** Something to try. */
    interface Attempt {
        void run() throws Exception;
    }

    private Entered() {}

    public static void main(String[] arguments) throws Exception {
        String[] rest = List.of(arguments).subList(1, arguments.length).toArray(new String[0]);
        switch (arguments[0]) {
            case "operations" -> operations(rest[0], Path.of(rest[1]));
            case "turns" -> turns(rest[0], Path.of(rest[1]));
            case "narrow" -> narrow(rest);
            case "unveil" -> unveil(Path.of(rest[0]));
            case "threads" -> threads();
            case "together" -> together();
            case "memory" -> memory();
            case "missing" -> missing(Path.of(rest[0]));
            case "kernel-without" -> kernelWithout(rest[0], rest[1]);
            case "enter" -> print("enter", () -> Sandbox.pledge(rest[0]).enter());
            case "prepare" -> prepare(rest[0]);
            case "mechanism" ->
                System.out.println(Sandbox.pledge("stdio rpath").enter().landlock());
            case "late" -> late();
            case "report" -> report(rest[0]);
            case "last" -> last();
            case "ending" -> ending();
            case "flood" -> flood();
            case "recorded" -> recorded(Path.of(rest[0]));
            case "kill" -> kill();
            case "parent" -> parent();
            case "resources" -> resources();
            case "tls" -> tls(rest);
            case "interrupted" -> interrupted();
            case "sockets" -> sockets(rest[0]);
            case "listeners" -> listeners();
            case "layers" -> layers();
            case "report-later" -> reportLater(rest);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    static void print(String what, Attempt attempt) {
        System.out.println(what + ": " + outcome(attempt));
    }

    private static String outcome(Attempt attempt) {
        try {
            attempt.run();
            return "done";
        } catch (IOException | RuntimeException | LinkageError e) {
            String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return e.getClass().getSimpleName() + " (" + message.replaceAll("/tmp/\\S*/", "") + ')';
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void operations(String promises, Path directory) throws Exception {
        Path there = Files.writeString(directory.resolve("there"), "text");
        Files.createDirectories(directory.resolve("full"));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                FileChannel open = FileChannel.open(there, StandardOpenOption.WRITE)) {
            Sandbox.pledge(promises).enter();
            print("stdio", open::size);
            print("rpath", () -> Files.readString(there));
            print(
                    "wpath",
                    () -> Files.newByteChannel(there, StandardOpenOption.WRITE).close());
            print("cpath", () -> Files.createDirectory(directory.resolve("made")));
            print("inet", () -> new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()).close());
            print("unix", () -> SocketChannel.open(StandardProtocolFamily.UNIX).close());
            print("flock", () -> Objects.requireNonNull(open.tryLock()).close());
            print("fattr", () -> Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rw-------")));
            print("exec", () -> new ProcessBuilder("/bin/true").start().waitFor());
            print("proc", () -> new ProcessBuilder("/bin/true").start().waitFor());
            print("prot_exec", () -> System.load(System.getProperty("java.home") + "/lib/libprefs.so"));
            print("mcast", () -> {
                try (DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
                    channel.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1);
                }
            });
            // What has no operation in Java: the call itself, that fails otherwise, or does nothing.
            print("chown", () -> promised(Kernel.call("fchown", -1, Run.NOBODY, Run.NOBODY)));
            print("settime", () -> promised(Kernel.call("clock_settime", 0, 0)));
            print("id", () -> promised(Kernel.call("setresuid", -1, -1, -1)));
        }
    }

    /**
     * Promises all words, and takes the first away, then the second. Each has something that works until then and not any more,
     * and all that is left still works.
     */
    private static void turns(String promises, Path directory) throws Exception {
        Path there = Files.writeString(directory.resolve("there"), "text");
        Map<String, Attempt> attempts = new HashMap<>();
        try (ServerSocketChannel server = ServerSocketChannel.open();
                DatagramChannel datagrams = DatagramChannel.open(StandardProtocolFamily.INET);
                FileChannel open = FileChannel.open(there, StandardOpenOption.WRITE)) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            server.configureBlocking(false);
            // What has no operation in Java: the call itself, with a descriptor or a process that there is not.
            attempts.put("settime", () -> promised(Kernel.call("clock_settime", 0, 0)));
            attempts.put("id", () -> promised(Kernel.call("setresuid", -1, -1, -1)));
            attempts.put("chown", () -> promised(Kernel.call("fchown", -1, Run.NOBODY, Run.NOBODY)));
            attempts.put(
                    "fattr", () -> Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rw-------")));
            attempts.put("vmm", () -> promised(request("KVM_GET_API_VERSION")));
            attempts.put("exec", () -> new ProcessBuilder("/bin/true").start().waitFor());
            attempts.put("proc", () -> promised(Kernel.call("ioprio_get", 1, Integer.MAX_VALUE)));
            attempts.put("prot_exec", () -> System.load(System.getProperty("java.home") + "/lib/libprefs.so"));
            attempts.put("dpath", () -> promised(Kernel.call("mknodat", -1, 0, PIPE, 0)));
            attempts.put("cpath", () -> {
                Files.createDirectory(directory.resolve("made"));
                Files.delete(directory.resolve("made"));
            });
            attempts.put(
                    "wpath",
                    () -> Files.newByteChannel(there, StandardOpenOption.WRITE).close());
            attempts.put("rpath", () -> Files.readString(there));
            attempts.put("tmppath", () -> Files.delete(Files.createTempFile(Path.of("/tmp"), "turn", "")));
            attempts.put("flock", () -> Objects.requireNonNull(open.tryLock()).close());
            attempts.put("mcast", () -> datagrams.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
            attempts.put(
                    "unix",
                    () -> SocketChannel.open(StandardProtocolFamily.UNIX).close());
            attempts.put(
                    "inet",
                    () -> promised(Kernel.call(
                            "socket", constant("AF_INET"), constant("SOCK_DGRAM"), constant("IPPROTO_ICMP"))));
            attempts.put("dns", () -> new DatagramSocket().close());
            attempts.put("anet", server::accept);
            attempts.put("wroute", () -> promised(request("SIOCSIFFLAGS")));
            attempts.put("route", () -> promised(request("SIOCGIFCONF")));
            attempts.put("sendfd", () -> promised(Kernel.call("sendmsg", -1, 0, 0)));
            attempts.put("recvfd", () -> promised(Kernel.call("recvmsg", -1, 0, 0)));
            attempts.put("tty", () -> promised(request("TIOCSCTTY")));
            attempts.put("ps", () -> Files.readString(Path.of("/proc/1/comm")));
            attempts.put("vminfo", () -> Files.readString(Path.of("/proc/meminfo")));
            attempts.put("getpw", () -> Files.readString(Path.of("/etc/passwd")));
            attempts.put("audio", () -> promised(request("SNDRV_PCM_IOCTL_INFO")));
            attempts.put("video", () -> promised(request("VIDIOC_QUERYCAP")));
            attempts.put("drm", () -> promised(request("DRM_IOCTL_VERSION")));
            attempts.put("tape", () -> promised(request("MTIOCGET")));
            attempts.put("disklabel", () -> promised(request("BLKGETSIZE64")));
            attempts.put(
                    "bpf",
                    () -> promised(Kernel.call(
                            "getsockopt", -1, constant("SOL_PACKET"), constant("PACKET_STATISTICS"), 0, 0)));
            attempts.put("stdio", open::size);
            List<String> words = new ArrayList<>(List.of(promises.split(" ", -1)));
            // Once loaded, a library stays.
            Set<String> once = Set.of("prot_exec", "unveil");
            Pledge.pledge(promises);
            while (!words.isEmpty()) {
                for (String word : words) {
                    String outcome = once.contains(word) ? "done" : outcome(attempt(attempts, word));
                    if (!outcome.equals("done")) {
                        System.out.println(word + " fails with " + words + ": " + outcome);
                    }
                }
                String gone = words.removeFirst();
                Pledge.pledge(String.join(" ", words));
                if (!gone.equals("unveil")) {
                    print(gone, attempt(attempts, gone));
                }
            }
        }
    }

    private static Attempt attempt(Map<String, Attempt> attempts, String word) {
        return Objects.requireNonNull(attempts.get(word), word);
    }

    private static long request(String name) {
        return Kernel.call("ioctl", -1, constant(name), 0);
    }

    private static long constant(String name) {
        return Constants.of(Arch.host()).value(name).orElseThrow();
    }

    private static void promised(long answer) throws IOException {
        if (answer == -1) {
            throw new IOException("Operation not permitted");
        }
    }

    /** Pledges one after the other. */
    private static void narrow(String[] promises) {
        for (String words : promises) {
            print("\"" + words + '"', () -> Pledge.pledge(words));
        }
        print("thread", () -> Thread.ofPlatform().start(() -> {}).join());
    }

    private static void unveil(Path directory) throws IOException {
        if (!Files.exists(directory.resolve("file"))) {
            Files.writeString(directory.resolve("file"), "text");
        }
        print(
                "enter",
                () -> Sandbox.pledge("stdio rpath").unveil(directory, "r").enter());
        print("inside", () -> Files.readString(directory.resolve("file")));
        print("outside", () -> Files.readString(Path.of("/etc/passwd")));
        print(
                "again",
                () -> Sandbox.pledge("stdio rpath").unveil(Path.of("/etc"), "r").enter());
    }

    /** Threads that were there before, and others that come later. */
    private static void threads() throws Exception {
        BlockingQueue<Attempt> queue = new ArrayBlockingQueue<>(1);
        CompletableFuture<String> old = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                old.complete(outcome(queue.take()));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (ExecutorService pool = Executors.newFixedThreadPool(1)) {
            pool.submit(() -> {}).get();
            Thread.ofVirtual().start(() -> {}).join();
            Attempt read = () -> Files.readString(Path.of("/etc/passwd"));
            Sandbox.pledge("stdio rpath").unveil(Path.of("/usr"), "r").enter();
            queue.add(read);
            System.out.println("old: " + old.get());
            System.out.println("pool: " + pool.submit(() -> outcome(read)).get());
            System.out.println("common pool: "
                    + CompletableFuture.supplyAsync(() -> outcome(read)).get());
            Thread.ofPlatform().start(() -> print("new", read)).join();
            Thread.ofVirtual().start(() -> print("virtual", read)).join();
        }
    }

    /** Two threads at once, both virtual. */
    private static void together() throws Exception {
        Sandbox.preload(Preload.NETWORK);
        CountDownLatch ready = new CountDownLatch(2);
        List<Thread> threads = new ArrayList<>();
        for (String words : new String[] {"stdio rpath inet", "stdio rpath"}) {
            threads.add(Thread.ofVirtual().start(() -> {
                ready.countDown();
                try {
                    ready.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                try {
                    Pledge.pledge(words);
                } catch (PledgeException e) {
                    // The other one was first, and promised less.
                    if (!e.words().equals(List.of("inet"))) {
                        throw e;
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        print("rpath", () -> Files.readString(Path.of("/etc/passwd")));
        print("inet", () -> new ServerSocket(0).close());
    }

    /** Executable memory, and a program hot enough for the compiler to need more of it. */
    private static void memory() throws Exception {
        long code = CodeCache.find().orElseThrow().low();
        Pledge.pledge("stdio");
        long size = 4096;
        System.out.println("writable: " + (Kernel.call("mmap", 0, size, 3, 0x22, -1, 0) > 0));
        System.out.println("executable: " + Kernel.call("mmap", 0, size, 7, 0x22, -1, 0));
        // The place is taken, so that a mere hint would be answered with another one.
        System.out.println("executable near the code: " + Kernel.call("mmap", code, size, 7, 0x22, -1, 0));
        long memory = Kernel.call("mmap", 0, size, 3, 0x22, -1, 0);
        System.out.println("made executable: " + Kernel.call("mprotect", memory, size, 5));
        long sum = 0;
        List<byte[]> garbage = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            garbage.add(new byte[1 << 16]);
            if (garbage.size() == 100) {
                garbage.clear();
            }
            for (int j = 0; j < 20_000; j++) {
                sum = sum * 31 + String.valueOf(j % 100).hashCode();
            }
        }
        System.out.println("hot: " + (sum != 0));
        try (Arena arena = Arena.ofConfined()) {
            System.out.println("off heap: "
                    + (arena.allocate(ValueLayout.JAVA_LONG, 1 << 20).byteSize() > 0));
        }
    }

    private static void missing(Path directory) throws IOException {
        print(
                "enter",
                () -> Sandbox.pledge("stdio rpath")
                        .unveil(directory.resolve("none/deeper"), "r")
                        .enter());
        print("outside", () -> Files.readString(Path.of("/etc/passwd")));
        print("socket", () -> new Socket().connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1)));
    }

    /** As on a kernel that has not got a call. */
    private static void kernelWithout(String call, String promises) throws Exception {
        int number = SyscallTable.of(Arch.host()).number(call).orElseThrow();
        Sandbox.preload();
        Seccomp.install(new Program(List.of(
                new Insn.LoadWord(0),
                new Insn.JumpIf(Comparison.EQ, number, 0, 1),
                new Insn.Return((int) (RETURN_ERRNO | ENOSYS)),
                new Insn.Return(0x7fff0000))));
        print("enter", () -> System.out.println(Sandbox.pledge(promises).enter().landlock()));
        print(
                "unveil",
                () -> Sandbox.pledge(promises).unveil(Path.of("/usr"), "r").enter());
        print(
                "best effort",
                () -> System.out.println(Sandbox.pledge(promises)
                        .unveil(Path.of("/usr"), "r")
                        .bestEffort()
                        .enter()
                        .shortfalls()));
    }

    /** All that entering needs, and nothing of what it does. */
    private static void prepare(String promises) {
        Sandbox.pledge(promises).prepare();
        print("read", () -> Files.readString(Path.of("/etc/passwd")));
        print("exec", () -> new ProcessBuilder("/bin/true").start().waitFor());
    }

    private static void late() {
        Pledge.pledge("stdio");
        print("late", () -> Sandbox.preload(Preload.MANAGEMENT));
        print("trust", () -> Sandbox.preload(Preload.TLS));
    }

    private static void report(String promises) throws Exception {
        Sandbox.preload(Preload.NETWORK);
        Sandbox.pledge(promises).onViolation(OnViolation.REPORT).enter();
        print("read", () -> Files.readString(Path.of("/etc/passwd")));
        print("write", () -> Files.writeString(Path.of("/etc/passwd-new"), ""));
        print("socket", () -> new ServerSocket(0).close());
        print("connect", () -> {
            try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()).close();
            }
        });
        print("exec", () -> new ProcessBuilder("/bin/true").start().waitFor());
        print("bpf", () -> System.out.println(Kernel.call("bpf", 0, 0, 0)));
        print(
                "narrow",
                () -> Sandbox.pledge(promises).onViolation(OnViolation.REPORT).enter());
    }

    /** A violation, and the end. */
    private static void last() {
        Sandbox.pledge("stdio").onViolation(OnViolation.REPORT).enter();
        Kernel.call("mkdir", 0, 0);
    }

    /** Prints what the thread that tells of violations does while this JVM works, and while it ends. */
    private static void ending() {
        Sandbox.pledge("stdio rpath").onViolation(OnViolation.REPORT).enter();
        Thread teller = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("jpledge-reports"))
                .findFirst()
                .orElseThrow();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            for (int i = 0; i < 1000 && teller.getState() == Thread.State.RUNNABLE; i++) {
                LockSupport.parkNanos(5_000_000);
            }
            System.out.println(teller.getState());
        }));
        for (int i = 0; i < 100; i++) {
            LockSupport.parkNanos(1_000_000);
        }
        System.out.println(teller.getState());
    }

    /** Sixteen threads, 100,000 violations. */
    private static void flood() throws Exception {
        AtomicLong told = new AtomicLong();
        Violation.listen(violation -> told.incrementAndGet());
        Sandbox.pledge("stdio").onViolation(OnViolation.REPORT).enter();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int j = 0; j < 100_000 / 16; j++) {
                    if (Kernel.call("mkdir", 0, 0) != -1) {
                        throw new IllegalStateException("a violation was not refused");
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        System.gc();
        Violation.tellAll();
        System.out.println("alive " + (told.get() + Reporting.lost()));
    }

    private static void recorded(Path file) throws Exception {
        Sandbox.preload(Preload.NETWORK);
        try (Recording recording = new Recording()) {
            recording.enable("org.jpledge.Violation");
            recording.start();
            Sandbox.pledge("stdio rpath wpath cpath fattr flock")
                    .onViolation(OnViolation.REPORT)
                    .enter();
            Thread.ofPlatform()
                    .name("culprit")
                    .start(() -> print("socket", () -> new ServerSocket(0).close()))
                    .join();
            Thread.sleep(500);
            recording.dump(file);
        }
    }

    private static void kill() {
        Sandbox.preload(Preload.NETWORK);
        Sandbox.pledge("stdio").onViolation(OnViolation.KILL).enter();
        print("read", () -> Files.readString(Path.of("/etc/passwd")));
        print("socket", () -> new ServerSocket(0).close());
        System.out.println("alive");
    }

    /** A parent without cpath, and children that would like to have it. */
    private static void parent() throws IOException {
        Path launcher = Run.executable(
                NativeProgram.directory(),
                "wider",
                Sandbox.pledge("stdio cpath").launcher("mkdir"));
        Pledge.pledge("stdio rpath proc exec prot_exec");
        System.out.println("own: " + lastWords("mkdir"));
        System.out.println("wider: " + lastWords(launcher.toString()));
        print(
                "unveiled",
                () -> Sandbox.pledge("stdio").unveil(Path.of("/usr"), "r").launcher("true"));
    }

    private static String lastWords(String command) throws IOException {
        Process process = new ProcessBuilder(command, "/tmp/jpledge-none")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return said.substring(said.lastIndexOf(": ") + 2);
    }

    /** What is in the jar that a class comes from. A second look at the jar itself takes stat(2). */
    private static void resources() {
        Pledge.pledge("stdio");
        print("resource", () -> {
            try (InputStream in = Entered.class.getResourceAsStream("Entered.class")) {
                Objects.requireNonNull(in).readAllBytes();
            }
        });
        print("cipher", () -> Objects.requireNonNull(cipher()));
        print(
                "jar",
                () -> new JarFile(Path.of(Entered.class
                                        .getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .getPath())
                                .toFile())
                        .close());
    }

    private static Cipher cipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Asks a server, by what is first used in the sandbox: promises in turn, the server's port, what is unveiled. */
    private static void tls(String[] arguments) {
        List<String> turns = List.of(arguments[0].split(";", -1));
        for (String words : turns.subList(0, turns.size() - 1)) {
            Pledge.pledge(words);
        }
        Sandbox sandbox = Sandbox.pledge(turns.getLast());
        for (String path : List.of(arguments).subList(2, arguments.length)) {
            sandbox = sandbox.unveil(Path.of(path), "r");
        }
        sandbox.enter();
        print("page", () -> {
            int port = Integer.parseInt(arguments[1]);
            try (SSLSocket socket =
                    (SSLSocket) SSLSocketFactory.getDefault().createSocket(InetAddress.getLoopbackAddress(), port)) {
                socket.startHandshake();
                socket.getInputStream().readAllBytes();
            }
        });
        print("anchors", () -> {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            if (((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length == 0) {
                throw new IOException("none");
            }
        });
        System.exit(0);
    }

    /** By a thread that is to stop what it does. */
    private static void interrupted() {
        Thread.currentThread().interrupt();
        print("enter", () -> Sandbox.pledge("stdio inet").enter());
        System.out.println("interrupted: " + Thread.interrupted());
        print("outside", () -> Files.readString(Path.of("/etc/passwd")));
    }

    /** Promises one after the other, the last of which is to be reported. */
    private static void reportLater(String[] promises) {
        for (String words : List.of(promises).subList(0, promises.length - 1)) {
            Pledge.pledge(words);
        }
        print(
                "report",
                () -> Sandbox.pledge(promises[promises.length - 1])
                        .onViolation(OnViolation.REPORT)
                        .enter());
    }

    /** Sockets that are the first of this JVM. */
    private static void sockets(String promises) {
        Pledge.pledge(promises);
        print("server", () -> new ServerSocket(0).close());
        print("datagram", () -> new DatagramSocket().close());
        print("unix", () -> SocketChannel.open(StandardProtocolFamily.UNIX).close());
    }

    /** One that fails, and one that does not. */
    private static void listeners() {
        AtomicLong told = new AtomicLong();
        Violation.listen(violation -> {
            throw new IllegalStateException("deaf");
        });
        Violation.listen(violation -> told.incrementAndGet());
        Sandbox.pledge("stdio").onViolation(OnViolation.REPORT).enter();
        for (int i = 0; i < 3; i++) {
            Kernel.call("mkdir", 0, 0);
            Violation.tellAll();
        }
        System.out.println(told);
    }

    /** As often as the kernel lets it, and once more. */
    private static void layers() {
        Sandbox sandbox = Sandbox.pledge("stdio rpath unveil").unveil(Path.of("/usr"), "r");
        String outcome = "done";
        for (int i = 0; i < 20 && outcome.equals("done"); i++) {
            outcome = outcome(sandbox::enter);
            System.out.println(outcome);
        }
        print("still inside", () -> Files.readString(Path.of("/etc/passwd")));
        print("usr", () -> Files.exists(Path.of("/usr/bin")));
    }
}
