package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jpledge.tools.exchange.Format;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code --policy} and {@code filter build}, as users type them: programs do what the file says, and nothing else. */
@Tag("enforcement")
class PolicyFileTest {
    @TempDir
    private static Path shared;

    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws Exception {
        User.SELF.own(shared);
        home = Installation.shared();
    }

    private static Map<String, String> environment(Path directory) {
        Map<String, String> all = new HashMap<>(Installation.environment(home, directory));
        all.put(
                "HOME",
                directory.endsWith("work") ? directory.resolveSibling("").toString() : directory.toString());
        return all;
    }

    private static Path directory(User user, String name) throws Exception {
        user.assume();
        Path directory = user.own(shared.resolve(user + name));
        user.own(directory.resolve("cache"));
        return directory;
    }

    private static Shell.Result run(User user, Path directory, String script) throws Exception {
        return user.run(script, environment(directory), directory);
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aFileSaysWhatAProgramMayDo(User user) throws Exception {
        Path directory = directory(user, "file");
        Files.writeString(directory.resolve("base.toml"), "deny = \"uname\"\n[unveil]\n\"/etc\" = \"r\"\n");
        Files.writeString(directory.resolve("p.toml"), """
                include = "base.toml"
                promises = "stdio rpath"
                command = ["cat", "/etc/passwd"]
                [limits]
                open-files = 17
                """);
        Shell.Result result = run(user, directory, """
                "$PLEDGE" --policy p.toml | cmp - /etc/passwd; echo own $?
                "$PLEDGE" --policy ./p.toml -- cat base.toml 2>&1
                "$PLEDGE" --policy "$PWD/p.toml" -v "$PWD" -- cat base.toml
                "$PLEDGE" --policy p.toml uname 2>&1
                "$PLEDGE" --policy p.toml --allow uname -v / uname
                "$PLEDGE" --policy p.toml -p exec -v / -- sh -c 'ulimit -n'
                "$PLEDGE" --policy p.toml -p exec -v / -O 9 -- sh -c 'ulimit -n'
                "$PLEDGE" --policy p.toml -k -- uname; echo killed $?
                """);
        assertThat(result.out()).isEqualTo("""
                own 0
                cat: base.toml: Permission denied
                deny = "uname"
                [unveil]
                "/etc" = "r"
                uname: cannot get system name: Operation not permitted
                Linux
                17
                9
                killed 159
                """);
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aChangedFileOrIncludedFileCounts(User user) throws Exception {
        Path directory = directory(user, "changed");
        Shell.Result result = run(user, directory, """
                echo x >x
                touch -d '1 hour ago' x
                echo 'include = "b.toml"' >p.toml
                printf 'promises = "stdio rpath"\\n[unveil]\\n"$PWD" = "r"\\n' >b.toml
                touch -d '1 hour ago' p.toml b.toml
                for i in 1 2 3; do "$PLEDGE" --policy p.toml cat x; done
                printf 'promises = "stdio rpath"\\n[unveil]\\n"/etc" = "r"\\n' >b.toml
                touch -d '2 hours ago' b.toml
                "$PLEDGE" --policy p.toml cat x 2>&1
                echo 'promises = "stdio rpath"' >p.toml
                touch -d '1 hour ago' p.toml
                "$PLEDGE" --policy p.toml cat x
                """);
        assertThat(result.out()).isEqualTo("x\nx\nx\ncat: x: Permission denied\nx\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void aNameIsLookedForAmongTheUsersPolicies(User user) throws Exception {
        Path directory = directory(user, "named");
        Shell.Result result = run(user, directory, """
                mkdir -p .config/pledge/policies xdg/pledge/policies
                echo 'promises = "stdio"' >.config/pledge/policies/mine.toml
                echo '{"promises": "stdio rpath"}' >xdg/pledge/policies/mine.json
                echo 'promises = "stdio rpath"' >here
                unset XDG_CONFIG_HOME
                "$PLEDGE" --policy mine --print true | grep -c sysinfo
                "$PLEDGE" --policy mine ls / 2>&1 >/dev/null
                XDG_CONFIG_HOME=$PWD/xdg "$PLEDGE" --policy mine ls / >/dev/null && echo listed
                XDG_CONFIG_HOME=relative "$PLEDGE" --policy mine ls / 2>/dev/null || echo closed
                "$PLEDGE" --policy here ls; echo $?
                "$PLEDGE" --policy mime ls; echo $?
                """);
        assertThat(result.out()).contains("ls: cannot access '/': Operation not permitted\nlisted\nclosed\n125\n125\n");
        assertThat(result.err())
                .isEqualTo("pledge: option --policy: no policy \"here\": there is no " + directory
                        + "/.config/pledge/policies/here.toml; a file elsewhere is named with a / or its ending\n"
                        + "pledge: option --policy: no policy \"mime\": there is no " + directory
                        + "/.config/pledge/policies/mime.toml; a file elsewhere is named with a / or its ending"
                        + " (did you mean mine?)\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void whatIsLearntIsRunUnder(User user) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/make")), "make is not installed");
        // Not the home directory, in which nobody makes files unasked.
        directory(user, "learnt");
        Path directory = directory(user, "learnt/work");
        Files.writeString(directory.resolve("Makefile"), """
                out: in
                	cat in >out
                other: out
                	cat out /etc/hostname >/tmp/../dev/null; cp out elsewhere/out
                """);
        Shell.Result result = run(user, directory, """
                echo one >in; mkdir elsewhere
                "$PLEDGE" learn -o make.toml -- make >/dev/null
                touch -d "1 hour ago" in; rm out
                "$PLEDGE" --policy make.toml && cat out
                echo two >in; touch -d "1 hour ago" out
                "$PLEDGE" --policy make.toml -- make && cat out
                "$PLEDGE" --policy make.toml -- make other >/dev/null 2>&1 || echo refused
                make -s other && cat elsewhere/out
                """);
        assertThat(result.out()).isEqualTo("cat in >out\none\ncat in >out\ntwo\nrefused\ntwo\n");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void rawFiltersHold(User user) throws Exception {
        Path directory = directory(user, "raw");
        Files.writeString(directory.resolve("f.toml"), """
                promises = "stdio"
                [filter]
                otherwise = "allow"
                rules = "uname -> errno EACCES"
                [filter.none]
                otherwise = "allow"
                """);
        Shell.Result result = run(user, directory, """
                "$PLEDGE" --policy f.toml uname 2>&1
                "$PLEDGE" --policy 'f.toml#none' uname
                "$PLEDGE" --policy 'f.toml#nine' uname; echo $?
                sed -i 's/uname ->/uname -> notify # /' f.toml
                "$PLEDGE" --policy f.toml uname; echo $?
                """);
        assertThat(result.out()).isEqualTo("""
                uname: cannot get system name: Permission denied
                Linux
                125
                125
                """);
        assertThat(result.err())
                .contains(
                        "option --policy: f.toml has the filters main, none, and none of the name nine"
                                + " (did you mean none?)\n",
                        "notify, which needs somebody who answers");
    }

    @Test
    void aPolicyIsCompiledIntoALauncher() throws Exception {
        Path directory = directory(User.SELF, "compiled");
        Shell.Result result = run(User.SELF, directory, """
                printf 'promises = "stdio rpath"\\ncommand = ["cat", "/etc/passwd"]\\n[unveil]\\n"/etc" = "r"\\n' >p.toml
                "$PLEDGE" compile --policy p.toml -o launcher && ./launcher | cmp - /etc/passwd && echo same
                ./launcher /proc/version 2>&1 >/dev/null
                """);
        assertThat(result.out()).isEqualTo("same\ncat: /proc/version: Permission denied\n");
    }

    @Test
    void aFilterIsBuiltInEveryForm() throws Exception {
        Path directory = directory(User.SELF, "built");
        Files.writeString(directory.resolve("f.toml"), """
                [filter]
                otherwise = "errno EPERM"
                architectures = ["x86-64", "aarch64"]
                rules = "read write(fd in {1, 2}) exit_group"
                [filter.tiny]
                otherwise = "kill"
                rules = "exit"
                """);
        Shell.Result result = run(User.SELF, directory, """
                "$PLEDGE" filter build f.toml -o f.bpf && "$PLEDGE" filter disasm f.bpf >listing
                "$PLEDGE" filter build --as asm f.toml | cmp - listing && echo same
                "$PLEDGE" filter build f.toml --as toml >again.toml && "$PLEDGE" filter build again.toml | cmp - f.bpf && echo same
                "$PLEDGE" filter build - --as json <f.toml >again.json && "$PLEDGE" filter build again.json | cmp - f.bpf && echo same
                "$PLEDGE" filter build 'f.toml#tiny' --as text --arch s390x
                "$PLEDGE" filter build 'f.toml#tiny' -v -o tiny.bpf
                printf 'promises = "stdio"\\n' | "$PLEDGE" filter build - --as text | grep -c .
                """);
        assertThat(result.out()).startsWith("""
                same
                same
                same
                # s390x
                exit
                # all other calls -> kill
                # numbers that s390x does not know -> errno ENOSYS
                # other architectures -> kill
                """);
        assertThat(Integer.parseInt(result.out().strip().lines().toList().getLast()))
                .isGreaterThan(100);
        assertThat(result.err())
                .matches("pledge: \\d+ instructions; of \\d+ system calls of .*, 1 are allowed without running any,"
                        + " as the kernel remembers them\n");
    }

    @Test
    void rulesThatCanNeverMatchAreNamedAndThoseOfPromisesAreNot() throws Exception {
        Path directory = directory(User.SELF, "shadows");
        Files.writeString(directory.resolve("s.toml"), """
                promises = "stdio"
                deny = ["socketpair"]
                allow = ["ioctl(request == 1, request == 2)"]
                [filter]
                otherwise = "allow"
                rules = \"""
                ptrace -> kill
                ptrace(request == 1) -> errno EPERM
                \"""
                [filter.one]
                otherwise = "kill"
                rules = "read write(fd == 1)"
                """);
        Shell.Result result = run(User.SELF, directory, """
                "$PLEDGE" filter build --arch x86-64 s.toml -o s.bpf && "$PLEDGE" filter build 's.toml#one' --as text | grep -c write
                """);
        assertThat(result.out()).isEqualTo("1\n");
        assertThat(result.err()).doesNotContain("socketpair").startsWith("""
                pledge: x86-64: "ioctl(request == 1, request == 2)" never matches: its conditions contradict each other
                pledge: x86-64: "ptrace(request == 1) -> errno EPERM" never matches: "ptrace -> kill" comes first
                """);
    }

    private static String forms() {
        List<String> words = new ArrayList<>(List.of("bpf", "asm", "text", "toml", "json"));
        for (Format format : Format.values()) {
            format.writing().ifPresent(_ -> words.add(format.word()));
        }
        return String.join(", ", words);
    }

    @Test
    void aPolicyThatIsTooLongForTheKernelSaysWhatToDrop() throws Exception {
        Path directory = directory(User.SELF, "long");
        StringBuilder rules = new StringBuilder("[filter]\notherwise = \"kill\"\nrules = '''\nread\n");
        for (int i = 0; i < 3000; i++) {
            rules.append("ioctl(fd == %d, request == %d)\n".formatted(i * 7919 % 100_003, i * 7 % 1_000_003));
        }
        Files.writeString(directory.resolve("long.toml"), rules + "'''\n");
        Shell.Result result = run(User.SELF, directory, """
                "$PLEDGE" --policy long.toml true; echo $?
                "$PLEDGE" filter build long.toml; echo $?
                """);
        assertThat(result.out()).isEqualTo("125\n125\n");
        assertThat(result.err().lines().toList())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .matches(
                                "pledge: the program has \\d+ instructions, the kernel takes at most 4096: drop or join"
                                        + " rules, most of which are about ioctl \\(3000 rules, 6000 values\\), .*"));
    }

    @Test
    void badFilesAreRefusedInOneLine() throws Exception {
        Path directory = directory(User.SELF, "bad");
        Shell.Result result = run(User.SELF, directory, """
                printf 'promises = "stdio"\\n# \\377' >latin.toml
                "$PLEDGE" --policy latin.toml true; echo $?
                "$PLEDGE" filter build latin.toml; echo $?
                head -c 10000000 /dev/zero | tr '\\0' '[' >deep.toml
                "$PLEDGE" filter build deep.toml; echo $?
                head -c 20000000 /dev/zero >large.toml
                "$PLEDGE" filter build large.toml; echo $?
                "$PLEDGE" filter build none.toml; echo $?
                "$PLEDGE" filter build latin.tom; echo $?
                "$PLEDGE" filter build .; echo $?
                : >empty.toml
                "$PLEDGE" filter build empty.toml; echo $?
                "$PLEDGE" --policy empty.toml true; echo $?
                "$PLEDGE" filter build --as pdf empty.toml; echo $?
                "$PLEDGE" filter build; echo $?
                echo 'include = "empty.toml/x"' >inc.toml
                "$PLEDGE" --policy inc.toml true; echo $?
                printf '[filter]\\notherwise = "kill"\\narchitectures = ["s390x", "arm"]' >two.toml
                "$PLEDGE" filter build two.toml; echo $?
                echo 'promises = "stdio"' | "$PLEDGE" --policy /dev/stdin -- true; echo $?
                """);
        assertThat(result.err().lines().toList())
                .containsExactly(
                        "pledge: option --policy: latin.toml:2:3: byte 0xff is not UTF-8",
                        "pledge: latin.toml:2:3: byte 0xff is not UTF-8",
                        "pledge: deep.toml:1:1: a policy has no lists of tables: [ is expected here, not [[",
                        "pledge: large.toml: more than 16 MiB, which is too much",
                        "pledge: none.toml: no such file",
                        "pledge: latin.tom: no such file (did you mean latin.toml?)",
                        "pledge: .: is a directory",
                        "pledge: empty.toml: neither promises nor a filter: promises = \"WORD...\" or [filter] is expected",
                        "pledge: no promises: say with -p what the program may do, for example -p 'stdio rpath'",
                        "pledge: option --as: \"pdf\" is none of " + forms(),
                        "pledge: filter build needs the file of one policy, or - for standard input; pledge filter build [--as FORM]"
                                + " [--arch ARCH] [-o FILE] POLICY[#NAME]",
                        "pledge: option --policy: inc.toml:1:11: cannot include \"empty.toml/x\": Not a directory",
                        "pledge: a program is for one byte order, and s390x and arm have different ones: build them one by one",
                        "pledge: option --policy: /dev/stdin: it is the program's own; a policy comes from a file");
        assertThat(result.out()).isEqualTo("125\n125\n125\n125\n125\n125\n125\n125\n64\n64\n64\n125\n125\n125\n");
    }
}
