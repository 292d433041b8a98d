package org.jpledge.tools.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.tools.text.Includes;
import org.jpledge.unveil.Permissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyDocumentTest {
    private static final Variables PLACES = new Variables("/home/u", "/srv/p");

    private final Map<String, String> files = new HashMap<>();

    private PolicyDocument read(String text) throws PolicyException {
        Includes includes = (name, from) -> {
            String included = files.get(name);
            if (included == null) {
                throw new FileNotFoundException("no such file");
            }
            return included;
        };
        return PolicyDocument.read(text, "etc/p.toml", new Reading(Arch.X86_64, PLACES, includes));
    }

    private String error(String text) {
        try {
            return "read: " + read(text);
        } catch (PolicyException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void allThatAPolicyCanSayIsRead() throws PolicyException {
        PolicyDocument policy = read("""
                promises = "stdio rpath inet"
                command = ["make", "-j", "4"]
                on-violation = "errno EACCES"
                connect = [443, 80]
                bind = []
                ignore-missing = true
                allow = ["ioctl(request == TIOCGWINSZ)"]
                deny = "socketpair\\nptrace -> kill"
                kernel = "6.1"

                [variables]
                cache = "$HOME/.cache"
                mine = "$cache/mine"

                [limits]
                cpu = 10
                memory = "512m"
                open-files = 64

                [unveil]
                "$PWD" = "rwc"
                "$mine/x" = "rw"
                "/etc/a$b" = "r"
                "/root" = ""

                [filter]
                otherwise = "errno EPERM"
                rules = '''
                read
                write(fd in {1, 2})
                '''

                [filter.worker]
                architectures = ["x86-64", "aarch64"]
                otherwise = "kill"
                unknown = "kill"
                foreign = "kill-thread"
                action = "log"
                rules = ["read", "openat(flags & O_WRONLY == 0) -> allow"]

                [filter.worker.x86-64]
                rules = "open"

                [filter.worker.frequencies]
                read = 100
                """);
        assertThat(policy.words()).containsExactly("stdio", "rpath", "inet");
        assertThat(policy.command()).containsExactly("make", "-j", "4");
        assertThat(policy.onViolation()).contains(new Action.Errno(13));
        assertThat(policy.ports()).contains(new PortList(new TreeSet<>(List.of(80, 443)), new TreeSet<>()));
        assertThat(policy.ignoreMissing()).isTrue();
        assertThat(policy.allow()).containsExactly("ioctl(request == TIOCGWINSZ)");
        assertThat(policy.deny()).containsExactly("socketpair\nptrace -> kill");
        assertThat(policy.kernel()).contains(KernelVersion.parse("6.1"));
        assertThat(policy.limits()).isEqualTo(Map.of(Limit.CPU, 10L, Limit.MEMORY, 512L << 20, Limit.OPEN_FILES, 64L));
        assertThat(policy.unveil())
                .isEqualTo(Map.of(
                        "/srv/p",
                        Permissions.parse("rwc"),
                        "/home/u/.cache/mine/x",
                        Permissions.parse("rw"),
                        "/etc/a$b",
                        Permissions.parse("r"),
                        "/root",
                        Permissions.NONE));
        assertThat(policy.filters().get(PolicyDocument.MAIN))
                .isEqualTo(Filter.of(
                        Arch.X86_64,
                        new RuleParser(Arch.X86_64).parse("read write(fd in {1, 2})", Action.ALLOW),
                        new Action.Errno(1),
                        new Action.Errno(38),
                        Action.KILL_PROCESS));
        Filter worker = Objects.requireNonNull(policy.filters().get("worker"));
        String common = "read openat(flags & O_WRONLY == 0) -> allow";
        Frequencies frequencies = Frequencies.EQUAL.with("read", 100);
        assertThat(worker.sections())
                .containsExactly(
                        new Filter.Section(
                                Arch.X86_64,
                                new RuleParser(Arch.X86_64).parse("open " + common, Action.LOG),
                                frequencies),
                        new Filter.Section(
                                Arch.AARCH64, new RuleParser(Arch.AARCH64).parse(common, Action.LOG), frequencies));
        assertThat(worker.foreign()).isEqualTo(Action.KILL_THREAD);
        assertThat(policy.effectiveFilters().get(PolicyDocument.MAIN))
                .isEqualTo(Objects.requireNonNull(policy.filters().get(PolicyDocument.MAIN))
                        .withKernel(KernelVersion.parse("6.1")));
    }

    @Test
    void jsonHasTheSameKeys() throws PolicyException {
        assertThat(read("""
                {"promises": "stdio", "limits": {"memory": "1k"}, "unveil": {"$PWD": "r"}, "bind": [0],
                 "filter": {"otherwise": "kill", "rules": ["read", "write"], "aarch64": {"rules": "openat"}}}
                """)).isEqualTo(read("""
                promises = "stdio"
                bind = [0]
                limits.memory = 1024
                unveil."$PWD" = "r"
                filter.otherwise = "kill"
                filter.rules = "read write"
                filter.aarch64.rules = "openat"
                """));
    }

    @Test
    void includedFilesSayWhatTheIncludingOneDoesNot() throws PolicyException {
        files.put("etc/base.toml", """
                include = "deep/more.json"
                promises = "stdio"
                on-violation = "kill"
                deny = "ptrace"
                [variables]
                data = "/srv/data"
                [limits]
                cpu = 1
                memory = "1g"
                [unveil]
                "$data" = "r"
                [filter]
                otherwise = "kill"
                rules = "read"
                """);
        files.put("etc/deep/more.json", "{\"promises\": \"rpath\", \"kernel\": \"5.10\", \"on-violation\": \"log\"}");
        PolicyDocument policy = read("""
                include = ["base.toml"]
                promises = "tty"
                allow = "socketpair"
                [limits]
                cpu = 2
                [unveil]
                "$data/own" = "rw"
                "/srv/data" = "x"
                [filter]
                rules = "write"
                """);
        assertThat(policy.promises()).contains(Promises.parse("stdio rpath tty"));
        assertThat(policy.onViolation()).contains(Action.KILL_PROCESS);
        assertThat(policy.kernel()).contains(KernelVersion.parse("5.10"));
        assertThat(policy.limits()).isEqualTo(Map.of(Limit.CPU, 2L, Limit.MEMORY, 1L << 30));
        assertThat(policy.allow()).containsExactly("socketpair");
        assertThat(policy.deny()).containsExactly("ptrace");
        assertThat(policy.unveil())
                .isEqualTo(Map.of("/srv/data/own", Permissions.parse("rw"), "/srv/data", Permissions.parse("x")));
        assertThat(Objects.requireNonNull(policy.filters().get("main"))
                        .sections()
                        .getFirst()
                        .rules())
                .isEqualTo(new RuleParser(Arch.X86_64).parse("write read", Action.ALLOW));
    }

    @Test
    void includesThatDoNotEndNameTheirChain() {
        files.put("etc/a.toml", "include = \"b.toml\"");
        files.put("etc/b.toml", "promises = \"stdio\"\ninclude = [\"./a.toml\"]");
        assertThat(error("include = \"a.toml\""))
                .isEqualTo(
                        "etc/b.toml:2:12: files include each other: etc/p.toml -> etc/a.toml -> etc/b.toml -> etc/a.toml");
        assertThat(error("include = \"p.toml\""))
                .isEqualTo("etc/p.toml:1:11: files include each other: etc/p.toml -> etc/p.toml");
        for (int i = 0; i < 20; i++) {
            files.put("etc/" + i + ".toml", "include = \"" + (i + 1) + ".toml\"");
        }
        assertThat(error("include = \"0.toml\""))
                .startsWith("etc/14.toml:1:11: more than 16 files include each other: etc/p.toml -> etc/0.toml -> ");
        // Without a cycle, and yet too many.
        files.put("etc/leaf.toml", "");
        files.put("etc/0.toml", "include = [" + "\"leaf.toml\", ".repeat(99) + "]");
        assertThat(error("promises = \"\"\ninclude = \"0.toml\"")).startsWith("read: ");
        files.put("etc/0.toml", "include = [" + "\"leaf.toml\", ".repeat(100) + "]");
        assertThat(error("include = \"0.toml\"")).contains("more than 100 files are included");
        assertThat(error("include = \"none.toml\""))
                .isEqualTo("etc/p.toml:1:11: cannot include \"etc/none.toml\": no such file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "promises = stdio | 1:12: a value is expected here, not stdio; text is written in quotes",
                "promises = 'stdoi' | 1:12: promises: unknown promise \"stdoi\" (did you mean stdio?)",
                "promises = 7 | 1:12: promises: words in quotes is expected here, not 7",
                "promisses = '' | 1:13: unknown key \"promisses\" (did you mean promises?)",
                "command = 'ls' | 1:11: command: a list of words in quotes is expected here, not \"ls\"",
                "command = [ 'ls', 1] | 1:19: command: a list of words in quotes is expected here, not 1",
                "connect = [80, 65536] | 1:16: connect: a port is a whole number from 0 to 65535, and 65536 is none",
                "bind = [-1] | 1:9: bind: a port is a whole number from 0 to 65535, and -1 is none",
                "ignore-missing = 1 | 1:18: ignore-missing: true or false is expected here, not 1",
                "on-violation = 'errno EPREM' | 1:23: unknown error \"EPREM\" (did you mean EPERM?)",
                "on-violation = 'errno 4096' | 1:23: errno takes 1 to 4095, not 4096",
                "on-violation = 'errno 0' | 1:23: errno takes 1 to 4095, not 0: the refused call would seem to succeed; where that is meant, write errno none",
                "on-violation = 'die' | 1:17: unknown action \"die\" (there are allow, errno NAME, kill, kill-thread, trap, trace, log and notify)",
                "allow = 'reed' | 1:10: unknown system call \"reed\" (did you mean read?)",
                "allow = ['read', 'open(flag == 0)'] | 1:24: open has no argument \"flag\" (it has pathname, flags, mode)",
                "allow = ['read(fd == 1)', 'ptrace'];deny = 'read'  | 1:10: allow: \"read(fd == 1)\" has no effect, as \"read\" denies the call whatever its arguments, in line 2",
                "kernel = 'six' | 1:10: kernel: no version of Linux: \"six\" (it is two or three numbers, as in 6.1 or 2.6.28)",
                "unveil = 'x' | 1:10: unveil: a table of paths with letters of rwxc in quotes is expected here, not \"x\"",
                "[unveil];'/x' = 'rq' | 2:8: unveil \"/x\": unveil rq: 'q' is no permission; there are r (read), w (write), x (execute) and c (create)",
                "[unveil];'x' = 'r' | 2:7: unveil \"x\": \"x\" begins with none of /, $HOME and $PWD",
                "[unveil];'$HOM/x' = 'r' | 2:12: unveil \"$HOM/x\": unknown variable \"$HOM\" (did you mean $HOME?)",
                "[unveil];'/srv/p' = 'r';'$PWD' = 'w' | 3:10: unveil \"$PWD\": another name of the same path has \"r\"",
                "[limits];cpu = '1m' | 2:7: limits: cpu is a whole number from 0 to 9223372036854775807, and \"1m\" is none",
                "[limits];memory = '1q' | 2:10: limits: memory is a number of bytes, or one in quotes with k, m, g or t, and \"1q\" is none",
                "[limits];memory = '9999999999g' | 2:10: limits: memory is a number of bytes, or one in quotes with k, m, g or t, and \"9999999999g\" is none",
                "[limits];open-files = 2147483648 | 2:14: limits: open-files is a whole number from 0 to 2147483647, and 2147483648 is none",
                "[limits];memry = 1 | 2:9: unknown key \"memry\" (did you mean memory?)",
                "[variables];HOME = '/x' | 2:8: variables: \"HOME\" cannot be a variable's name: letters, digits and _, not HOME and not PWD",
                "[variables];a = '$b/x';b = '$c';c = '$a' | 4:5: variables: c is made of itself: $a -> $b -> $c -> $a",
                "[variables];a = 'x' | 2:5: variables: a: \"x\" begins with none of /, $HOME and $PWD",
                "[filter];rules = 'read' | 1:1: the filter \"main\" does not say what happens to all other calls: otherwise = \"errno EPERM\" or another action is expected",
                "[filter];otherwize = 'kill' | 2:13: filter: unknown key \"otherwize\" (did you mean otherwise?)",
                "[filter.a];otherwize = 'kill' | 2:13: filter: unknown key \"otherwize\" (did you mean otherwise?)",
                "[filter];otherwise = 'kill';[filter.main];otherwise = 'kill' | 1:1: filter: there is [filter], whose name is main, and [filter.main]",
                "[filter.'a b'];otherwise = 'kill' | 1:1: filter: \"a b\" cannot be a filter's name: letters, digits, _ and -",
                "[filter];otherwise = 'kill';architectures = ['x86-64', 'aarch46'] | 3:28: architectures: \"aarch46\" is none of x86-64, aarch64, riscv64, i386, arm, ppc64le, s390x (did you mean aarch64?)",
                "[filter];otherwise = 'kill';architectures = ['x86-64', 'amd64'] | 3:28: architectures: x86-64 is named twice",
                "[filter];otherwise = 'kill';architectures = [] | 3:17: architectures: a list of architectures in quotes is expected here, not a list",
                "[filter];otherwise = 'kill';[filter.aarch64];rules = 'open_by_handle' | 4:10: unknown system call \"open_by_handle\" (did you mean open_by_handle_at?)",
                "[filter];otherwise = 'kill';[filter.aarch64];rulez = '' | 4:9: unknown key \"rulez\" (did you mean rules?)",
                "[filter];otherwise = 'kill';[filter.frequencies];reed = 1 | 4:8: frequencies: no architecture has a system call \"reed\", the nearest is \"read\"",
                "[filter];otherwise = 'kill';[filter.frequencies];read = 100001 | 4:8: frequencies: read is a whole number from 0 to 100000, and 100001 is none",
                "promises = '';promises = 'stdio' | 2:1: \"promises\" is there already, in line 1",
                "a = 1979-05-27 | 1:5: a policy has no dates and times: 1979-05-27",
            })
    void errorsNameLineColumnAndWhatIsExpected(String text, String error) {
        assertThat(error(text.replace(';', '\n'))).isEqualTo("etc/p.toml:" + error);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"promises\": \"stdio\",} | 1:22: there is a comma with nothing after it before this }",
                "{\"promises\": \"stdio\", \"promises\": \"\"} | 1:23: \"promises\" is named twice in this object",
                "{\"promises\": null, \"bind\": \"x\"} | 1:28: bind: a list of ports, whole numbers from 0 to 65535 is expected here, not \"x\"",
                "{\"allow\": [\"read\", \"reed\"]} | 1:21: unknown system call \"reed\" (did you mean read?)",
                "{\"allow\": \"read\\nreed\"} | 1:11: unknown system call \"reed\" (did you mean read?) (in line 2 of these rules)",
                "{\"filter\": [1]} | 1:12: filter: a table: a filter, or filters by name is expected here, not a list",
            })
    void errorsInJsonHavePlacesToo(String text, String error) {
        assertThat(error(text)).isEqualTo("etc/p.toml:" + error);
    }

    @Test
    void errorsInRulesOfSeveralLinesHaveTheirOwnPlace() {
        assertThat(error("[filter]\notherwise = 'kill'\nrules = '''\nread\n  write(fb == 1)\n'''\n"))
                .isEqualTo("etc/p.toml:5:9: write has no argument \"fb\" (it has fd, buf, count)");
        assertThat(error("[filter]\notherwise = 'kill'\nrules = \"\"\"read\n  reed\"\"\"\n"))
                .isEqualTo("etc/p.toml:4:3: unknown system call \"reed\" (did you mean read?)");
        assertThat(error("[filter]\notherwise = 'kill'\nrules = \"\"\"reed\"\"\"\n"))
                .isEqualTo("etc/p.toml:3:12: unknown system call \"reed\" (did you mean read?)");
        assertThat(error("[filter]\notherwise = 'kill'\nrules = [\n  'read',\n  'reed',\n]\n"))
                .isEqualTo("etc/p.toml:5:4: unknown system call \"reed\" (did you mean read?)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a = ", "{\"a\": "})
    void endlessNestingIsRefused(String begin) {
        assertThat(error(begin + "[".repeat(100_000))).contains("more than 64");
        assertThat(error(begin + "[[".repeat(20))).doesNotContain("more than 64");
        assertThat(error("# [[[[\nb = '[[[[' # ]\nc = '''\n[[['''\n" + "d = \"[\\\"[\"\n".repeat(200) + begin
                        + "[".repeat(60)))
                .doesNotContain("more than 64");
    }

    @Test
    void anArchitecturesNumbersAreItsOwn() throws PolicyException {
        Reading aarch64 = new Reading(Arch.AARCH64, PLACES, Includes.NONE);
        String text = "[filter]\notherwise = \"kill\"\nrules = \"open openat\"\n";
        assertThat(PolicyDocument.read(text, "p", aarch64).filters().get("main"))
                .isEqualTo(Filter.of(
                        Arch.AARCH64,
                        new RuleParser(Arch.AARCH64).parse("openat", Action.ALLOW),
                        Action.KILL_PROCESS,
                        new Action.Errno(38),
                        Action.KILL_PROCESS));
    }

    @Test
    void aFilterCannotHaveTheNameOfAnArchitectureOrKey() {
        for (String name : List.of("aarch64", "SCMP_ARCH_X86_64", "rules", "", "a.b")) {
            assertThatThrownBy(() -> PolicyDocument.EMPTY.filtering(
                            Map.of(name, Filter.of(Arch.X86_64, List.of(), Action.ALLOW, Action.ALLOW, Action.ALLOW))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("\"" + name + "\" cannot be a filter's name");
        }
    }
}
