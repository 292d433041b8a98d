package org.jpledge.tools.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jpledge.Sandbox;
import org.jpledge.SandboxException;
import org.jpledge.linux.Kernel;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.Seccomp;
import org.jpledge.syscall.Arch;

/** Asks the machine. Nothing is changed by it: what is started ends at once, and what is written for that is removed. */
final class Probes {
    /** {@code prctl(PR_GET_SECCOMP)}. */
    static final String MODE = "seccomp mode";

    /** {@code socket} of the audit system. */
    static final String AUDIT = "audit socket";

    /** {@code landlock_create_ruleset}, asked for the version, and for what was repaired. */
    static final String LANDLOCK = "landlock version";

    static final String ERRATA = "landlock errata";

    /** {@code SECCOMP_GET_NOTIF_SIZES}. */
    static final String SIZES = "notification sizes";

    /** A file in memory that can be executed. */
    static final String MEMORY_FILE = "executable memory file";

    private static final int PR_GET_SECCOMP = 21;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int NETLINK_AUDIT = 9;
    private static final int CREATE_RULESET_VERSION = 1;
    private static final int CREATE_RULESET_ERRATA = 2;
    private static final int SECONDS = 20;

    /** Files that say how the kernel is set up, or where it runs. */
    private static final List<String> FILES = List.of(
            "/proc/sys/net/core/bpf_jit_enable",
            "/proc/sys/net/core/bpf_jit_harden",
            "/proc/sys/kernel/seccomp/actions_logged",
            "/proc/sys/kernel/yama/ptrace_scope",
            "/proc/sys/kernel/dmesg_restrict",
            "/proc/sys/user/max_user_namespaces",
            "/proc/sys/kernel/unprivileged_userns_clone",
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "/sys/kernel/security/lsm",
            "/proc/cmdline");

    /** Files and directories that only a container has, and what it is. */
    private static final Map<String, String> SIGNS = Map.of(
            "/.dockerenv", "Docker",
            "/run/.containerenv", "Podman",
            "/run/systemd/container", "a container of systemd's",
            "/var/run/secrets/kubernetes.io", "Kubernetes",
            "/proc/vz", "OpenVZ");

    private Probes() {}

    /** All answers. */
    static Facts ask() {
        String release = file("/proc/sys/kernel/osrelease").orElse(System.getProperty("os.version", ""));
        Map<String, String> files = new LinkedHashMap<>();
        for (String path : FILES) {
            file(path).ifPresent(text -> files.put(path, text));
        }
        Optional<String> closed = nativeAccess();
        boolean open = closed.isEmpty();
        return new Facts(
                release,
                System.getProperty("os.arch", ""),
                Runtime.version().toString(),
                closed,
                open ? calls() : Map.of(),
                files,
                number(status("self"), "Seccomp_filters:"),
                open ? trial() : new Facts.Trial.Failed("not tried"),
                open ? programs() : Map.of(),
                library(),
                hints());
    }

    private static Optional<String> nativeAccess() {
        try {
            Kernel.call("getpid");
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Long> calls() {
        Map<String, Long> calls = new LinkedHashMap<>();
        calls.put(MODE, Kernel.call("prctl", PR_GET_SECCOMP));
        for (FilterFeature feature : FilterFeature.values()) {
            calls.put(feature.id(), feature.ask());
        }
        calls.put(SIZES, Seccomp.notificationSizes());
        calls.put(LANDLOCK, Kernel.call("landlock_create_ruleset", 0, 0, CREATE_RULESET_VERSION));
        calls.put(ERRATA, Kernel.call("landlock_create_ruleset", 0, 0, CREATE_RULESET_ERRATA));
        long audit = Kernel.call("socket", AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_AUDIT);
        calls.put(AUDIT, closed(audit));
        calls.put(MEMORY_FILE, closed(MemoryFile.make()));
        return calls;
    }

    private static long closed(long descriptor) {
        if (descriptor >= 0) {
            Kernel.call("close", descriptor);
            return 0;
        }
        return descriptor;
    }

    /** Those that could be tried: none where files in memory cannot be executed. */
    private static Map<String, Boolean> programs() {
        Map<String, Boolean> programs = new LinkedHashMap<>();
        for (ForeignProgram each : ForeignProgram.of(Arch.host())) {
            try (MemoryFile file = new MemoryFile(each.elf())) {
                programs.put(
                        each.word(), runs("/proc/" + ProcessHandle.current().pid() + "/fd/" + file.descriptor()));
            } catch (KernelException _) {
                // There is a finding about such files.
                return programs;
            }
        }
        return programs;
    }

    private static boolean runs(String path) {
        try {
            return ended(new ProcessBuilder(path).start()) == 0;
        } catch (IOException _) {
            // That is the answer: ENOEXEC, in most cases.
            return false;
        }
    }

    private static int ended(Process process) {
        try {
            return process.waitFor(SECONDS, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return -1;
        } finally {
            process.destroyForcibly();
        }
    }

    /** Has a sandboxed program say how many filters it has, and read a file that it must not. */
    private static Facts.Trial trial() {
        boolean landlock = Landlock.support().absence().isEmpty();
        Sandbox sandbox = Sandbox.pledge("stdio rpath");
        if (landlock) {
            sandbox = sandbox.unveil(Path.of("/proc"), "r");
        }
        ProcessBuilder builder =
                new ProcessBuilder("cat", "/proc/self/status", "/etc/passwd").redirectErrorStream(true);
        try {
            Process process = sandbox.start(builder);
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            ended(process);
            OptionalInt filters = number(said, "Seccomp_filters:");
            int before = number(status("self"), "Seccomp_filters:").orElse(0);
            // Before Linux 5.9 they are not counted, and cat at least is filtered.
            OptionalInt mode = number(said, "Seccomp:");
            if (filters.isEmpty() && mode.isEmpty()) {
                return new Facts.Trial.Failed(said.strip());
            }
            boolean veiled = !said.contains("root:");
            return new Facts.Trial.Ran(
                    filters.isPresent() ? filters.getAsInt() - before : handedOver(said),
                    landlock ? Optional.of(veiled) : Optional.empty());
        } catch (IOException | SandboxException e) {
            return new Facts.Trial.Failed(String.valueOf(e.getMessage()));
        }
    }

    /** The launcher says so where it could not do both stages. */
    private static int handedOver(String said) {
        return said.contains("pledge:") ? 1 : 2;
    }

    private static String status(String process) {
        return file("/proc/" + process + "/status").orElse("");
    }

    private static OptionalInt number(String text, String field) {
        return text.lines()
                .filter(line -> line.startsWith(field))
                .mapToInt(
                        line -> Integer.parseInt(line.substring(field.length()).strip()))
                .findFirst();
    }

    private static String library() {
        for (String line : file("/proc/self/maps").orElse("").lines().toList()) {
            String path = line.substring(Math.max(0, line.indexOf('/')));
            if (path.contains("/ld-musl-")) {
                return "musl";
            }
            if (path.endsWith("/libc.so.6")) {
                return "glibc" + version(file(path).orElse(""));
            }
        }
        return "another C library";
    }

    /** As it says itself, somewhere in it: GNU C Library (...) stable release version 2.41. */
    private static String version(String library) {
        String before = "release version ";
        int start = library.indexOf(before) + before.length();
        int end = start;
        while (start >= before.length() && end < library.length() && "0123456789.".indexOf(library.charAt(end)) >= 0) {
            end++;
        }
        String version = library.substring(start, end);
        return version.isEmpty()
                ? ""
                : " " + (version.endsWith(".") ? version.substring(0, version.length() - 1) : version);
    }

    private static List<String> hints() {
        List<String> hints = new ArrayList<>();
        SIGNS.forEach((path, what) -> {
            if (Files.exists(Path.of(path))) {
                hints.add(what + " (" + path + ')');
            }
        });
        file("/sys/class/dmi/id/product_name").ifPresent(name -> hints.add("machine \"" + name + '"'));
        if (file("/proc/cpuinfo")
                .orElse("")
                .lines()
                .anyMatch(line -> line.startsWith("flags") && line.contains(" hypervisor"))) {
            hints.add("a virtual machine (flag hypervisor in /proc/cpuinfo)");
        }
        file("/proc/version")
                .filter(version -> version.contains("gVisor") || version.contains("Microsoft"))
                .ifPresent(hints::add);
        hints.sort(null);
        return hints;
    }

    private static Optional<String> file(String path) {
        try (InputStream in = Files.newInputStream(Path.of(path))) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).strip());
        } catch (IOException _) {
            // That it cannot be read is the answer.
            return Optional.empty();
        }
    }
}
