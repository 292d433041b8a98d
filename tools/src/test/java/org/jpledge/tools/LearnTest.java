package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Scope;
import org.jpledge.linux.Landlock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code pledge learn} says of real programs is what docs/programs.md says or less, and they run under it. */
@Tag("enforcement")
class LearnTest {
    private static final Path TABLE = Path.of("../docs/programs.md");

    /** Rows of which no more is learnt than is needed. Other programs do without something that they do anyway. */
    private static final List<String> EXACT = List.of(
            "ls",
            "sort",
            "cp",
            "cp, keeping times and mode",
            "mv",
            "mkfifo",
            "find",
            "grep",
            "sed, printing",
            "awk",
            "tar, packing",
            "tar, packing with gzip",
            "tar, unpacking",
            "gzip, a file",
            "jq",
            "git",
            "perl",
            "node",
            "a `#!/bin/sh` script",
            "sh, a child",
            "make");

    /** Rows of which more is learnt. */
    private static final List<String> GENEROUS =
            List.of("rm", "touch", "sed, in place", "curl", "curl, into a file", "busybox (static) wc");

    /** Rows that can be run twice among the same files. */
    private static final List<String> REPEATED = List.of(
            "ls",
            "sort",
            "cp",
            "find",
            "grep",
            "sed, printing",
            "awk",
            "tar, packing",
            "tar, packing with gzip",
            "jq",
            "git",
            "perl",
            "node",
            "a `#!/bin/sh` script",
            "sh, a child",
            "make");

    private static final String PAGE = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

    private static final Pattern PROMISES = Pattern.compile("-p (?:'([a-z_ ]*)'|([a-z]+))");

    private static final String FRESH = """
            fresh() {
                rm -rf "$D/files" && mkdir -p "$D/files/tree" "$D/files/out" && cd "$D/files" || exit
                printf 'pear\\napple\\nplum\\n' >fruit.txt
                printf 'one two\\n' >tree/leaf.txt
                printf '{"fruit": ["pear", "plum"]}\\n' >fruit.json
                printf 'all:\\n\\t@cat %s/fruit.txt; echo made\\n' "$D/files" >Makefile
                printf '#!/bin/sh\\nwhile read -r line; do\\n  echo "fruit: $line"\\ndone <"$1"\\n' >script
                chmod +x script
                tar -cf tree.tar tree
                find . -exec touch -d 2001-09-09 {} +
            }
            """;

    private static Path home = Path.of("");

    @TempDir
    private Path directory;

    private static ServerSocket server;

    @BeforeAll
    static void install() throws Exception {
        home = Installation.shared();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    client.setSoTimeout(2000);
                    client.getInputStream().read(new byte[4096]);
                    client.getOutputStream().write(PAGE.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException ignored) {
                    // The next client is served all the same.
                }
            }
        });
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @TestFactory
    List<DynamicTest> programsRunUnderWhatWasLearntOfThem() throws IOException {
        Assumptions.assumeTrue(Landlock.support().abi().has(FsRight.TRUNCATE.since()), "needs Landlock 3");
        List<DynamicTest> tests = new ArrayList<>();
        int exact = 0;
        for (String line : Files.readAllLines(TABLE)) {
            String[] cells = line.split("\\|", -1);
            String program = cells.length == 5 ? cells[1].strip() : "";
            if (EXACT.contains(program) || GENEROUS.contains(program)) {
                exact += EXACT.contains(program) ? 1 : 0;
                String command = cells[3].strip();
                List<String> promises =
                        List.of(cells[2].strip().replace("`", "").split(" ", -1));
                for (User user : User.values()) {
                    tests.add(DynamicTest.dynamicTest(
                            program + " " + user,
                            () -> check(
                                    user,
                                    words(command.substring(1, command.length() - 1)),
                                    EXACT.contains(program) ? promises : List.of(),
                                    REPEATED.contains(program))));
                }
            }
        }
        for (User user : User.values()) {
            tests.add(DynamicTest.dynamicTest(
                    "a script that a program executes " + user,
                    () -> check(
                            user,
                            List.of("env", "DIR/script", "DIR/fruit.txt"),
                            List.of("stdio", "rpath", "exec", "prot_exec"),
                            true)));
        }
        assertThat(exact).isEqualTo(EXACT.size()).isGreaterThanOrEqualTo(12);
        return tests;
    }

    private void check(User user, List<String> words, List<String> promises, boolean repeated) throws Exception {
        Path place = place(user, user.name());
        StringBuilder command = new StringBuilder(program(words.getFirst()));
        for (String word : words.subList(1, words.size())) {
            command.append(" '")
                    .append(word.replace("DIR", place + "/files")
                            .replace("PORT", Integer.toString(server.getLocalPort())))
                    .append('\'');
        }
        String script = FRESH + "export HOME=\"$D\"; fresh; " + command + " >\"$D/bare\"; echo bare $?\n"
                + "fresh; \"$PLEDGE\" learn " + (repeated ? "--verify -- " : "-- ") + command
                + " >\"$D/watched\" 2>\"$D/err\"; echo learn $?\n"
                + "grep verify: \"$D/err\"; line=$(grep '^pledge -p' \"$D/err\"); echo \"$line\"\n"
                + "fresh; eval '\"$PLEDGE\"' \"${line#pledge}\" >\"$D/held\"; echo held $?\n"
                + "cat " + (repeated ? "\"$D/bare\" \"$D/bare\"" : "\"$D/bare\"")
                + " | cmp - \"$D/watched\" && cmp \"$D/bare\" \"$D/held\" && echo same\n";
        Shell.Result result = user.run(script, Installation.environment(home, place), place);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("bare 0\n", "learn 0\n", "held 0\n", "same\n");
        if (repeated) {
            assertThat(result.out()).contains("# verify: ran again under this, and nothing was refused\n");
        }
        if (!promises.isEmpty()) {
            assertThat(promises(result.out())).isSubsetOf(promises);
        }
    }

    private static List<String> promises(String text) {
        Matcher matcher = PROMISES.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Arrays.asList((matcher.group(1) == null ? matcher.group(2) : matcher.group(1)).split(" ", -1));
    }

    /** Words are separated by one space; one in single quotes may have spaces inside. */
    private static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher matcher = Pattern.compile("'([^']*)'|(\\S+)").matcher(command);
        while (matcher.find()) {
            words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return words;
    }

    /** The file of a program; version managers' scripts in front of it are passed over. */
    private static String program(String name) throws IOException {
        if (name.startsWith("DIR")) {
            return "'./" + name.substring(4) + "'";
        }
        for (String each : List.of("/usr/bin", "/bin", "/usr/local/bin")) {
            Path file = Path.of(each, name);
            if (Files.isExecutable(file)) {
                return file.toString();
            }
        }
        return Assumptions.abort(name + " is not installed");
    }

    /** A directory of this user's, where he works. */
    private Path place(User user, String name) throws Exception {
        user.assume();
        User.SELF.own(directory);
        return user.own(directory.resolve(name));
    }

    @ParameterizedTest
    @EnumSource
    void theProgramsStreamsAndStatusAreItsOwn(User user) throws Exception {
        Path place = place(user, "streams");
        Shell.Result result = user.run("""
                echo in | "$PLEDGE" learn -o "$D/policy" -- sh -c 'read a; echo "$a"; echo err >&2; exit 7'; echo $?
                "$PLEDGE" learn -o "$D/policy" -- sh -c 'kill -9 $$'; echo $?
                grep promises "$D/policy"
                """, Installation.environment(home, place), place);
        assertThat(result.out()).startsWith("in\n7\n137\npromises = \"stdio");
        assertThat(result.err()).isEqualTo("err\n");
    }

    @ParameterizedTest
    @EnumSource
    void programsThatNameTheirThreadsAndPickPortsRunUnderWhatWasLearnt(User user) throws Exception {
        Path place = place(user, "threads");
        Files.writeString(place.resolve("t.c"), """
                #define _GNU_SOURCE
                #include <arpa/inet.h>
                #include <pthread.h>
                #include <stdio.h>
                #include <sys/socket.h>
                static void *own(void *first) {
                    printf("%d\\n", pthread_setname_np((pthread_t) first, "other"));
                    char name[20] = "";
                    FILE *file = fopen("/proc/thread-self/comm", "r");
                    return file && fgets(name, sizeof name, file) ? (void *) (long) printf("%s", name) : 0;
                }
                int main(void) {
                    pthread_t thread;
                    pthread_create(&thread, 0, own, (void *) pthread_self());
                    pthread_join(thread, 0);
                    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
                    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
                    socklen_t size = sizeof at;
                    printf("%d\\n", bind(server, (void *) &at, size));
                    listen(server, 1);
                    getsockname(server, (void *) &at, &size);
                    return printf("%d\\n", connect(client, (void *) &at, size)) != 2;
                }
                """);
        Shell.Result result = user.run("""
                gcc -o t t.c -lpthread
                "$PLEDGE" learn --verify -o policy -- ./t; echo $?; "$PLEDGE" --policy ./policy -- ./t; echo $?
                grep "^./proc" policy | cut -d" " -f1-3
                """, Installation.environment(home, place), place);
        String once = "0\nt\n0\n0\n";
        assertThat(result.out()).isEqualTo(once + once + "0\n" + once + "0\n\"/proc/self/task\" = \"rw\"\n");
        assertThat(result.err()).contains("no list of ports", "nothing was refused");
    }

    @ParameterizedTest
    @EnumSource
    void whatAFileOfAPolicyLeavesOutIsSaid(User user) throws Exception {
        Path place = place(user, "left");
        Shell.Result result = user.run("""
                mkdir -p "$D/.ssh"; echo key >"$D/.ssh/k"; export HOME="$D"
                "$PLEDGE" learn -o policy -- cat .ssh/k; grep -c 'held back' policy
                "$PLEDGE" learn -o other --allow "$D/.ssh" -- cat .ssh/k; grep -c 'held back' other
                "$PLEDGE" learn -- cat .ssh/k 2>/dev/full; echo $?; "$PLEDGE" learn -- cat .ssh/k 2>/dev/null; echo $?
                """, Installation.environment(home, place), place);
        assertThat(result.out()).isEqualTo("key\n1\nkey\n0\nkey\n125\nkey\n0\n");
        assertThat(result.err()).startsWith("pledge: policy: held back r:").hasLineCount(1);
    }

    @ParameterizedTest
    @EnumSource
    void aContainedProgramWritesNowhereElse(User user) throws Exception {
        Assumptions.assumeTrue(Landlock.support().abi().has(FsRight.TRUNCATE.since()), "needs Landlock 3");
        Path place = place(user, "contained");
        boolean isClosed = Landlock.support().abi().has(Scope.SIGNAL.since());
        Shell.Result result = user.run("""
                echo x >old
                "$PLEDGE" learn --contained -- sh -c 'echo y >old; echo y >new; rm old; chmod 700 old; cat old
                    echo z >"$HOME/z" && cat "$HOME/z"; mktemp >/dev/null && echo made
                    echo "$TMPDIR" >&2' 2>err
                ls; cat old; grep -c '^# contained: ' err
                scratch=$(grep '^/.*/pledge-learn' err) || echo unknown; ls -d "$scratch" 2>/dev/null
                sleep 60 & "$PLEDGE" learn --contained -- sh -c "kill -0 $! || echo alone; sleep 60 & kill \\$! && echo own" 2>/dev/null
                kill $!
                """, Installation.environment(home, place), place);
        assertThat(result.out()
                        .lines()
                        .filter(line -> !line.startsWith("script"))
                        .toList())
                .isEqualTo(Stream.of("x", "z", "made", "err", "old", "x", "1", "alone", "own")
                        .filter(line -> isClosed || !line.equals("alone"))
                        .toList());
        assertThat(result.err()).isEmpty();
        assertThat(Files.readString(place.resolve("err")).contains("it could send signals to any process of its user"))
                .isNotEqualTo(isClosed);
    }

    @Test
    void policiesAreMerged() throws Exception {
        Shell.Result result = Shell.run("""
                cd "$D"; echo x >a; echo x >b
                "$PLEDGE" learn -o 1.toml -- cat a
                "$PLEDGE" learn -o 2.toml -- mv b c
                "$PLEDGE" learn --merge 1.toml 2.toml
                """, Installation.environment(home, directory), directory);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("""
                x
                # Merged by pledge learn.
                promises = "stdio rpath cpath"
                command = ["cat", "a"]

                [unveil]
                "$PWD" = "c"
                "$PWD/a" = "rc"
                """);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            learn                          | 64  | no command to learn from
            learn -- nosuchcommand         | 127 | nosuchcommand: not found in PATH
            learn --fold x -- true         | 64  | option --fold: "x" is no number
            learn --allow /no/such -- true | 125 | option --allow: /no/such: no such file
            learn --merge                  | 64  | no files to merge
            learn --merge none.toml        | 125 | cannot read none.toml: no such file
            learn --merge bad.toml         | 125 | bad.toml:1:12: a value is expected here, not the end of the line
            learn --merge wrong.toml       | 125 | wrong.toml:1:12: promises: unknown promise "rpaht" (did you mean rpath?)
            learn --from none -- true      | 125 | cannot read none: no such file
            learn --from bad.toml -- true  | 125 | bad.toml: no system call
            learn --from i386.json         | 125 | i386.json: the calls of an i386 program; only
            learn -o /no/such/file -- true | 125 | option --output: /no/such/file: its directory does not exist
            """)
    void whatIsWrongIsSaidInOneLine(String words, int status, String message) throws Exception {
        Files.writeString(directory.resolve("bad.toml"), "promises = \n");
        Files.writeString(directory.resolve("wrong.toml"), "promises = \"stdio rpaht\"\n");
        Files.writeString(
                directory.resolve("i386.json"),
                "{\"event\":\"syscall\",\"at\":1.5,\"process\":8,\"thread\":8,\"arch\":\"i386\",\"number\":20,\"call\":\"getpid\","
                        + "\"arguments\":[],\"result\":{\"outcome\":\"unfinished\"},\"seconds\":null,"
                        + "\"early\":false,\"address\":\"0x1\"}\n");
        Shell.Result result = Shell.run("\"$PLEDGE\" " + words, Installation.environment(home, directory), directory);
        assertThat(result.err()).startsWith("pledge: ").hasLineCount(1).contains(message);
        assertThat(result.status()).isEqualTo(status);
    }
}
