package org.jpledge.tools.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.jpledge.landlock.Abi;
import org.jpledge.linux.Landlock;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;

/** What facts mean. */
public final class Examination {
    private static final String ASK_OUTSIDE =
            "a filter that was there before refuses to say: ask outside of the container or sandbox";

    private static final int JDK = 25;

    /** Landlock's errata, from the first bit on: landlock(7). */
    private static final List<String> ERRATA = List.of("TCP sockets", "signals", "directories that were moved away");

    private static final int SIGNALS = 1 << 1;

    private final Facts facts;
    private final List<Finding> findings = new ArrayList<>();

    private Examination(Facts facts) {
        this.facts = facts;
    }

    /**
     * Examines this machine. Changes nothing; some programs of a few milliseconds are run.
     *
     * @return the findings, in an order in which they can be read
     */
    public static List<Finding> ofThisMachine() {
        return of(Probes.ask());
    }

    /** Examines what a machine said. */
    static List<Finding> of(Facts facts) {
        Examination examination = new Examination(facts);
        examination.machine();
        if (facts.nativeAccess().isEmpty()) {
            examination.seccomp();
            examination.landlock();
            examination.handOver();
        }
        examination.jit();
        examination.tracing();
        examination.log();
        examination.surroundings();
        return List.copyOf(examination.findings);
    }

    private void add(Finding finding) {
        findings.add(finding);
    }

    private void machine() {
        add(Finding.note("kernel", "Linux " + facts.release(), "shown only: what counts is what it answers below"));
        add(
                facts.machine().equals("amd64") || facts.machine().equals("aarch64")
                        ? Finding.fine("processor", facts.machine(), "programs can be confined")
                        : Finding.fatal(
                                "processor",
                                facts.machine(),
                                "programs are confined on x86-64 and aarch64; filters can be built for others",
                                "build them here, with pledge filter build, and use them there"));
        int feature = Runtime.Version.parse(facts.java()).feature();
        add(
                feature >= JDK
                        ? Finding.fine("jdk", facts.java(), "pledge runs on it; programs need none")
                        : Finding.fatal("jdk", facts.java(), "pledge needs JDK 25", "install one, and set JAVA_HOME"));
        add(facts.nativeAccess()
                .map(why -> Finding.fatal(
                        "jdk.native-access",
                        why,
                        "this JVM may not call the kernel",
                        "start it with --enable-native-access=ALL-UNNAMED"))
                .orElse(Finding.fine("jdk.native-access", "there", "this JVM may call the kernel")));
        add(Finding.note("c-library", facts.library(), "the JVM's; launchers need none, and programs bring their own"));
    }

    private void seccomp() {
        long mode = answer(Probes.MODE);
        if (mode < 0) {
            add(
                    Finding.fatal(
                            "seccomp",
                            error(mode),
                            "no promise can be enforced",
                            "boot a kernel with CONFIG_SECCOMP and CONFIG_SECCOMP_FILTER, or let the container use seccomp(2)"));
            return;
        }
        int filters = facts.ownFilters().orElse(0);
        add(
                mode == 0
                        ? Finding.fine("seccomp", "there", "promises can be enforced")
                        : Finding.note(
                                "seccomp",
                                "there; this process has " + (filters > 0 ? filters + " filters" : "a filter")
                                        + " already",
                                "what those refuse is refused whatever is promised"));
        for (FilterFeature feature : FilterFeature.values()) {
            long answer = answer(feature.id());
            Finding finding = feature.finding(answer);
            add(
                    isForbidden(answer)
                            ? new Finding(
                                    finding.id(), finding.standing(), error(answer), finding.meaning(), ASK_OUTSIDE)
                            : finding);
        }
        long sizes = answer(Probes.SIZES);
        if (sizes > 0) {
            add(Finding.fine(
                    "seccomp.notification",
                    (sizes >>> 32) + " bytes, answers " + (sizes >>> 16 & 0xffff) + ", calls " + (sizes & 0xffff),
                    "what --report exchanges with this kernel"));
        } else {
            add(Finding.missing(
                    "seccomp.notification",
                    error(sizes),
                    "--report cannot be used",
                    isForbidden(sizes) ? ASK_OUTSIDE : "Linux 5.0 or later has it"));
        }
    }

    private void landlock() {
        Landlock.Support support = Landlock.Support.of(answer(Probes.LANDLOCK));
        if (support.absence().isPresent()) {
            add(Finding.missing(
                    "landlock",
                    support.absence().get(),
                    "unveil, --connect and --bind cannot be enforced; promises are, and check how files are opened, not which",
                    landlockRemedy()));
            return;
        }
        Abi abi = support.abi();
        add(Finding.fine("landlock", "ABI " + abi.version(), "unveil can be enforced"));
        for (LandlockFeature feature : LandlockFeature.values()) {
            add(feature.finding(abi));
        }
        errata(answer(Probes.ERRATA));
    }

    /** What was wrong in some kernels, whatever their version, by the bits with which those say that it is repaired. */
    private void errata(long answer) {
        if (answer < 0) {
            add(Finding.note(
                    "landlock.errata",
                    "the kernel does not say what was repaired",
                    "where threads of one process signal each other, Landlock's scope for signals is left out"));
            return;
        }
        StringJoiner repaired = new StringJoiner(", ", "repaired: ", "").setEmptyValue("none is repaired");
        for (int i = 0; i < ERRATA.size(); i++) {
            if ((answer >> i & 1) != 0) {
                repaired.add(ERRATA.get(i));
            }
        }
        String state = repaired + " (0x" + Long.toHexString(answer) + ')';
        add(
                (answer & SIGNALS) != 0
                        ? Finding.fine("landlock.errata", state, "the scope for signals is used for JVMs, too")
                        : Finding.note(
                                "landlock.errata",
                                state,
                                "where threads of one process signal each other, Landlock's scope for signals is left out"));
    }

    private String landlockRemedy() {
        String line = facts.files().getOrDefault("/proc/cmdline", "");
        String modules = facts.files().getOrDefault("/sys/kernel/security/lsm", "");
        if (answer(Probes.LANDLOCK) != -number("EOPNOTSUPP")) {
            return "boot Linux 5.13 or later with CONFIG_SECURITY_LANDLOCK";
        }
        String now = line.contains("lsm=") ? "; it has \"" + line.replaceAll(".*\\b(lsm=\\S*).*", "$1") + '"' : "";
        return "boot with lsm=landlock," + (modules.isEmpty() ? "..." : modules) + " on the kernel's command line"
                + now;
    }

    private void handOver() {
        switch (facts.handOver()) {
            case Facts.Trial.Failed(String reason) ->
                add(Finding.fatal(
                        "hand-over",
                        reason,
                        "no program can be started under promises",
                        "what stands above says what is refused here"));
            case Facts.Trial.Ran(int filters, Optional<Boolean> veiled) -> {
                if (filters < 1) {
                    add(Finding.fatal(
                            "hand-over",
                            "the program ran without a filter",
                            "system calls are not confined",
                            "is this an emulation of Linux that only pretends to have seccomp?"));
                } else if (filters == 1) {
                    add(Finding.missing(
                            "hand-over",
                            "the loader's filter alone",
                            "programs keep what their dynamic linker needs: reading files and mapping them as code",
                            "let processes be traced by their parents: ptrace(2), yama, the container's filter"));
                } else {
                    add(Finding.fine(
                            "hand-over",
                            "at the entry point: the exact filter took hold",
                            "programs keep nothing of what their dynamic linker needs"));
                }
                veiled.ifPresent(closed -> add(
                        closed
                                ? Finding.fine(
                                        "hand-over.unveil",
                                        "a file that was not unveiled stayed closed",
                                        "paths are confined")
                                : Finding.fatal(
                                        "hand-over.unveil",
                                        "a file that was not unveiled was read",
                                        "paths are not confined",
                                        "is this an emulation of Linux that only pretends to have Landlock?")));
            }
        }
        add(
                answer(Probes.MEMORY_FILE) == 0
                        ? Finding.fine(
                                "memory-file", "can be executed", "java -jar jpledge-tools.jar can start programs")
                        : Finding.missing(
                                "memory-file",
                                error(answer(Probes.MEMORY_FILE)),
                                "java -jar jpledge-tools.jar cannot start programs; ./pledge can",
                                "sysctl vm.memfd_noexec=1"));
    }

    private void jit() {
        String file = "/proc/sys/net/core/bpf_jit_enable";
        add(
                switch (facts.files().getOrDefault(file, "")) {
                    case "" ->
                        new Finding(
                                "bpf-jit",
                                Standing.NOTE,
                                "not known",
                                file + " is not to be read here, as in containers",
                                "read it outside");
                    case "0" ->
                        Finding.missing(
                                "bpf-jit",
                                "0: off",
                                "filters are interpreted: calls whose arguments count, and refusals, are slower",
                                "sysctl net.core.bpf_jit_enable=1");
                    case "2" ->
                        new Finding(
                                "bpf-jit",
                                Standing.NOTE,
                                "2: on, with its code in the kernel's log",
                                "a setting for debugging",
                                "sysctl net.core.bpf_jit_enable=1");
                    default -> Finding.fine("bpf-jit", "1: on", "filters are machine code");
                });
        add(
                switch (facts.files().getOrDefault("/proc/sys/net/core/bpf_jit_harden", "")) {
                    case "" ->
                        Finding.note(
                                "bpf-jit.harden",
                                "not known",
                                "whether constants in filters are blinded only root can read");
                    case "0" -> Finding.fine("bpf-jit.harden", "0: off", "filters are as they were compiled");
                    case "1" ->
                        Finding.fine(
                                "bpf-jit.harden",
                                "1: for users without privileges",
                                "constants in their filters are blinded: a little slower");
                    default ->
                        new Finding(
                                "bpf-jit.harden",
                                Standing.NOTE,
                                "2: for all users",
                                "constants in filters are blinded: a little slower",
                                "sysctl net.core.bpf_jit_harden=1");
                });
    }

    private void tracing() {
        String scope = facts.files().getOrDefault("/proc/sys/kernel/yama/ptrace_scope", "");
        add(
                switch (scope) {
                    case "" -> Finding.fine("ptrace", "not restricted by yama", "trace and learn can be used");
                    case "0" ->
                        Finding.fine("ptrace", "yama 0: any process of the same user", "trace and learn can be used");
                    case "1" ->
                        new Finding(
                                "ptrace",
                                Standing.NOTE,
                                "yama 1: descendants only",
                                "pledge trace -p PID needs root; all else works",
                                "sysctl kernel.yama.ptrace_scope=0");
                    case "2" ->
                        Finding.missing(
                                "ptrace",
                                "yama 2: root only",
                                "without root, trace and learn cannot be used, and programs keep what their dynamic linker needs",
                                "sysctl kernel.yama.ptrace_scope=1");
                    default ->
                        Finding.missing(
                                "ptrace",
                                "yama " + scope + ": nobody",
                                "trace and learn cannot be used, and programs keep what their dynamic linker needs",
                                "set kernel.yama.ptrace_scope=1 and boot again: it cannot be lowered from 3");
                });
    }

    private void log() {
        String logged = facts.files().getOrDefault("/proc/sys/kernel/seccomp/actions_logged", "");
        add(
                logged.contains("errno") || logged.contains("trap") || logged.contains("kill")
                        ? Finding.fine("log.actions", logged, "pledge report sees system calls that were refused")
                        : Finding.missing(
                                "log.actions",
                                logged.isEmpty() ? "not known" : logged,
                                "pledge report sees no system calls that were refused",
                                "sysctl kernel.seccomp.actions_logged='kill_process kill_thread trap errno log'"));
        long audit = answer(Probes.AUDIT);
        if (facts.nativeAccess().isEmpty()) {
            add(
                    audit == 0
                            ? Finding.fine("log.audit", "there", "the kernel keeps records of refusals")
                            : Finding.missing(
                                    "log.audit",
                                    error(audit),
                                    "pledge report has nothing to read: the kernel keeps no audit records, or not for this container",
                                    "boot a kernel with CONFIG_AUDIT; in a container, ask outside of it"));
        }
        if (facts.files().getOrDefault("/proc/sys/kernel/dmesg_restrict", "0").equals("1")) {
            add(new Finding(
                    "log.dmesg",
                    Standing.NOTE,
                    "for root only",
                    "without root, pledge report cannot read the kernel's log",
                    "sysctl kernel.dmesg_restrict=0"));
        } else {
            add(Finding.fine("log.dmesg", "for all users", "pledge report can read the kernel's log"));
        }
    }

    private void surroundings() {
        String most = facts.files().getOrDefault("/proc/sys/user/max_user_namespaces", "");
        boolean closed = most.equals("0")
                || facts.files()
                        .getOrDefault("/proc/sys/kernel/unprivileged_userns_clone", "1")
                        .equals("0")
                || facts.files()
                        .getOrDefault("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0")
                        .equals("1");
        add(Finding.note(
                "user-namespaces",
                most.isEmpty() ? "none" : closed ? "restricted" : "open to all users",
                "pledge does without them, and refuses them to programs"));
        facts.programs()
                .forEach((kind, runs) -> add(Finding.note(
                        "programs." + kind,
                        runs ? "executed" : "not executed",
                        runs
                                ? "a filter refuses their system calls unless it was built for them"
                                : "nobody gets around a filter by such calls")));
        StringJoiner hints = new StringJoiner(", ");
        facts.hints().forEach(hints::add);
        add(Finding.note(
                "surroundings",
                facts.hints().isEmpty() ? "no sign of a container or a virtual machine" : hints.toString(),
                facts.hints().isEmpty() ? "" : "what is missing above may be missing in there alone"));
    }

    /** A call that is not among the answers counts as refused. */
    private long answer(String call) {
        return facts.calls().getOrDefault(call, (long) -number("ENOSYS"));
    }

    private static int number(String name) {
        return Errno.number(Arch.X86_64, name).orElseThrow();
    }

    /** Whether somebody forbids it, whatever the kernel has. */
    private static boolean isForbidden(long answer) {
        return answer == -number("EPERM") || answer == -number("EACCES");
    }

    private static String error(long answer) {
        int number = (int) -answer;
        return "refused: " + Errno.name(Arch.X86_64, number).orElse("error " + number);
    }
}
