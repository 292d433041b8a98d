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
    private static final int JDK = 25;

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
        add(Finding.note("kernel", "Linux " + facts.release(), ""));
        add(
                facts.machine().equals("amd64") || facts.machine().equals("aarch64")
                        ? Finding.fine("processor", facts.machine())
                        : Finding.fatal(
                                "processor",
                                facts.machine(),
                                "programs are confined on x86-64 and aarch64; filters can be built for others",
                                ""));
        int feature = Runtime.Version.parse(facts.java()).feature();
        add(
                feature >= JDK
                        ? Finding.fine("jdk", facts.java())
                        : Finding.fatal("jdk", facts.java(), "pledge needs JDK 25", "install one, and set JAVA_HOME"));
        add(facts.nativeAccess()
                .map(why -> Finding.fatal(
                        "jdk.native-access",
                        why,
                        "this JVM may not call the kernel",
                        "start it with --enable-native-access=ALL-UNNAMED"))
                .orElse(Finding.fine("jdk.native-access", "there")));
        add(Finding.note("c-library", facts.library(), ""));
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
                        ? Finding.fine("seccomp", "there")
                        : Finding.note(
                                "seccomp",
                                "there; this process has " + (filters > 0 ? filters + " filters" : "a filter")
                                        + " already",
                                "what those refuse is refused whatever is promised"));
        for (FilterFeature feature : FilterFeature.values()) {
            add(feature.finding(answer(feature.id())));
        }
        long sizes = answer(Probes.SIZES);
        if (sizes > 0) {
            add(Finding.fine(
                    "seccomp.notification",
                    (sizes >>> 32) + " bytes, answers " + (sizes >>> 16 & 0xffff) + ", calls " + (sizes & 0xffff)));
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
        add(Finding.fine("landlock", "ABI " + abi.version()));
        for (LandlockFeature feature : LandlockFeature.values()) {
            add(feature.finding(abi));
        }
        long errata = answer(Probes.ERRATA);
        if (errata >= 0) {
            add(Finding.fine("landlock.errata", "0x" + Long.toHexString(errata)));
        } else {
            add(Finding.note(
                    "landlock.errata",
                    "the kernel does not say what was repaired",
                    "where threads of one process signal each other, Landlock's scope for signals is left out"));
        }
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
                add(Finding.fatal("hand-over", reason, "no program can be started under promises", ""));
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
                    add(Finding.fine("hand-over", "at the entry point: the exact filter took hold"));
                }
                veiled.ifPresent(closed -> add(
                        closed
                                ? Finding.fine("hand-over.unveil", "a file that was not unveiled stayed closed")
                                : Finding.fatal(
                                        "hand-over.unveil",
                                        "a file that was not unveiled was read",
                                        "paths are not confined",
                                        "is this an emulation of Linux that only pretends to have Landlock?")));
            }
        }
        add(
                answer(Probes.MEMORY_FILE) == 0
                        ? Finding.fine("memory-file", "can be executed")
                        : Finding.missing(
                                "memory-file",
                                error(answer(Probes.MEMORY_FILE)),
                                "java -jar jpledge-tools.jar cannot start programs; ./pledge can",
                                "sysctl vm.memfd_noexec=1"));
    }

    private void jit() {
        String file = "/proc/sys/net/core/bpf_jit_enable";
        Optional<String> enabled = Optional.ofNullable(facts.files().get(file));
        add(
                switch (enabled.orElse("")) {
                    case "" -> Finding.note("bpf-jit", "not known", file + " is not to be read here, as in containers");
                    case "0" ->
                        Finding.missing(
                                "bpf-jit",
                                "off",
                                "filters are interpreted: calls whose arguments count, and refusals, are slower",
                                "sysctl net.core.bpf_jit_enable=1");
                    case "2" ->
                        Finding.note("bpf-jit", "on, with its code in the kernel's log", "a setting for debugging");
                    default -> Finding.fine("bpf-jit", "on");
                });
        String harden = facts.files().getOrDefault("/proc/sys/net/core/bpf_jit_harden", "");
        if (harden.equals("2")) {
            add(Finding.note("bpf-jit.harden", "for all users", "constants in filters are blinded: a little slower"));
        }
    }

    private void tracing() {
        String scope = facts.files().getOrDefault("/proc/sys/kernel/yama/ptrace_scope", "");
        add(
                switch (scope) {
                    case "" -> Finding.fine("ptrace", "not restricted by yama");
                    case "0" -> Finding.fine("ptrace", "yama: any process of the same user");
                    case "1" ->
                        Finding.note(
                                "ptrace", "yama: descendants only", "pledge trace -p PID needs root; all else works");
                    case "2" ->
                        Finding.missing(
                                "ptrace",
                                "yama: root only",
                                "without root, trace and learn cannot be used, and programs keep what their dynamic linker needs",
                                "sysctl kernel.yama.ptrace_scope=1");
                    default ->
                        Finding.missing(
                                "ptrace",
                                "yama: nobody",
                                "trace and learn cannot be used, and programs keep what their dynamic linker needs",
                                "set kernel.yama.ptrace_scope=1 and boot again: it cannot be lowered from 3");
                });
    }

    private void log() {
        String logged = facts.files().getOrDefault("/proc/sys/kernel/seccomp/actions_logged", "");
        add(
                logged.contains("errno") || logged.contains("trap") || logged.contains("kill")
                        ? Finding.fine("log.actions", logged)
                        : Finding.missing(
                                "log.actions",
                                logged.isEmpty() ? "not known" : logged,
                                "pledge report sees no system calls that were refused",
                                "sysctl kernel.seccomp.actions_logged='kill_process kill_thread trap errno log'"));
        long audit = answer(Probes.AUDIT);
        if (facts.nativeAccess().isEmpty()) {
            add(
                    audit == 0
                            ? Finding.fine("log.audit", "there")
                            : Finding.missing(
                                    "log.audit",
                                    error(audit),
                                    "pledge report has nothing to read: the kernel keeps no audit records, or not for this container",
                                    "boot a kernel with CONFIG_AUDIT; in a container, ask outside of it"));
        }
        if (facts.files().getOrDefault("/proc/sys/kernel/dmesg_restrict", "0").equals("1")) {
            add(Finding.note("log.dmesg", "for root only", "without root, pledge report cannot read the kernel's log"));
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
                        runs ? "a filter refuses their system calls unless it was built for them" : "")));
        StringJoiner hints = new StringJoiner(", ");
        facts.hints().forEach(hints::add);
        add(Finding.note("surroundings", facts.hints().isEmpty() ? "no sign of a container" : hints.toString(), ""));
    }

    /** A call that is not among the answers counts as refused. */
    private long answer(String call) {
        return facts.calls().getOrDefault(call, (long) -number("ENOSYS"));
    }

    private static int number(String name) {
        return Errno.number(Arch.X86_64, name).orElseThrow();
    }

    private static String error(long answer) {
        int number = (int) -answer;
        return "refused: " + Errno.name(Arch.X86_64, number).orElse("error " + number);
    }
}
