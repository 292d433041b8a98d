package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * A policy that lacks one promise or one path is explained by {@code --report} with exactly what was taken away: the first
 * refusal that was not there before names it, and nothing else is named that was not missing before.
 */
@Tag("enforcement")
class MutatedPolicyTest {
    @TempDir
    private static Path directory;

    private static Path home;

    /** A program with a policy under which it does its work. DIR is a directory of the user's own. */
    private record Subject(String promises, List<String> unveils, String command) {
        Subject(String promises, String unveils, String command) {
            this(promises, unveils.isEmpty() ? List.of() : List.of(unveils.split(" ", -1)), command);
        }

        String options() {
            StringBuilder options = new StringBuilder("-p '").append(promises).append('\'');
            for (String unveil : unveils) {
                options.append(" -v ").append(unveil);
            }
            return options.toString();
        }
    }

    private static final List<Subject> SUBJECTS = List.of(
            new Subject("stdio rpath", "", "cat DIR/fruit"),
            new Subject("stdio rpath", "r:DIR/fruit r:/etc/hostname", "cat DIR/fruit /etc/hostname"),
            new Subject("stdio rpath", "r:DIR", "ls -l DIR"),
            new Subject("stdio rpath", "r:DIR/tree", "find DIR/tree -name leaf"),
            new Subject("stdio rpath", "r:DIR/tree", "grep -rn two DIR/tree"),
            new Subject("stdio rpath wpath cpath", "r:DIR/fruit rwc:DIR/out", "cp DIR/fruit DIR/out/copy"),
            new Subject("stdio rpath cpath", "", "mv DIR/moving DIR/out/moved"),
            new Subject("stdio cpath", "", "rm DIR/victim"),
            new Subject("stdio fattr", "", "touch -d 2020-01-01 DIR/fruit"),
            new Subject("stdio dpath", "", "mkfifo DIR/fifo"),
            new Subject("stdio cpath", "c:DIR", "mkdir DIR/made"),
            new Subject("stdio rpath wpath cpath", "rwc:DIR", "sed -i s/p/P/g DIR/fruit"),
            new Subject("stdio rpath", "r:DIR/fruit", "sort DIR/fruit"),
            new Subject("stdio rpath wpath cpath", "r:DIR rwc:DIR/out", "tar -cf DIR/out/new.tar -C DIR tree"),
            new Subject("stdio rpath wpath cpath fattr", "rwc:DIR", "gzip -k DIR/fruit"),
            new Subject("stdio rpath proc exec prot_exec", "r:DIR/fruit rx:/usr", "sh -c 'cat DIR/fruit; echo done'"),
            new Subject("stdio rpath inet", "", "curl -q -s --noproxy 127.0.0.1 http://127.0.0.1:1/"));

    @BeforeAll
    static void install() throws IOException {
        home = Reported.installed(directory);
    }

    @TestFactory
    Stream<DynamicTest> whatIsTakenAwayIsNamed() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Subject subject : SUBJECTS) {
            tests.add(DynamicTest.dynamicTest(subject.command(), () -> explained(subject)));
        }
        return tests.stream();
    }

    private static void explained(Subject subject) throws Exception {
        boolean root = Shell.run("id -u").out().equals("0\n");
        for (User user : root ? users(subject) : List.of(User.SELF)) {
            Assumptions.assumeTrue(
                    Shell.run("command -v " + subject.command().split(" ", -1)[0])
                                    .status()
                            == 0,
                    "not installed");
            Set<String> before = texts(run(user, subject));
            for (String word : subject.promises().split(" ", -1)) {
                String fewer = (" " + subject.promises() + " ")
                        .replace(" " + word + " ", " ")
                        .strip();
                String as = user + " " + subject + " without " + word;
                List<JsonObject> news =
                        news(before, run(user, new Subject(fewer, subject.unveils(), subject.command())));
                assertThat(news).as(as).isNotEmpty();
                assertThat(offered(news.getFirst()))
                        .as(as + ": " + news.getFirst())
                        .contains(word);
                for (JsonObject each : news) {
                    assertThat(List.of(word)).as(as + ": " + each).containsAll(Reported.words(each));
                }
            }
            for (String unveil : subject.unveils()) {
                List<String> fewer = new ArrayList<>(subject.unveils());
                fewer.remove(unveil);
                if (fewer.isEmpty()) {
                    fewer.add("r:/sys/kernel"); // Otherwise there would be no veil at all.
                }
                String as = user + " " + subject + " without " + unveil;
                List<JsonObject> news =
                        news(before, run(user, new Subject(subject.promises(), fewer, subject.command())));
                assertThat(news).as(as).isNotEmpty();
                String path = unveil.substring(unveil.indexOf(':') + 1)
                        .replace("DIR", place(user).toString());
                assertThat(Reported.strings(news.getFirst(), "needs", "unveil").toString())
                        .as(as + ": " + news.getFirst())
                        .contains(Path.of(path).toRealPath().toString());
                for (JsonObject each : news) {
                    assertThat(Reported.words(each)).as(as + ": " + each).isEmpty();
                }
            }
        }
    }

    /** Root hides what others are refused; some programs are tried as root, too. */
    private static List<User> users(Subject subject) {
        return SUBJECTS.indexOf(subject) % 4 == 0 ? List.of(User.SELF, User.NOBODY) : List.of(User.NOBODY);
    }

    /** What a refusal says would help: what is missing, or what would do in its place. */
    private static List<String> offered(JsonObject refusal) {
        List<String> words = new ArrayList<>(Reported.words(refusal));
        words.addAll(Reported.strings(refusal, "needs", "instead"));
        return words;
    }

    private static Path place(User user) {
        return directory.resolve(user.name()).resolve("place");
    }

    private static List<JsonObject> run(User user, Subject subject) throws Exception {
        Path own = user.own(directory.resolve(user.name()));
        Path place = place(user);
        Shell.Result made = user.run(
                "rm -rf " + place + " && mkdir " + place + " && cd " + place
                        + " && mkdir tree out && echo two >tree/leaf && echo apple >fruit && echo x >moving && echo x >victim",
                Map.of(),
                own);
        assertThat(made.status()).as(made.err()).isZero();
        String words = subject.options() + " -- " + subject.command();
        return new Reported(own, home, user)
                .run(words.replace("DIR", place.toString()))
                .refusals();
    }

    private static Set<String> texts(List<JsonObject> refusals) {
        Set<String> texts = new HashSet<>();
        for (JsonObject refusal : refusals) {
            texts.add(refusal.get("text").getAsString());
        }
        return texts;
    }

    private static List<JsonObject> news(Set<String> before, List<JsonObject> refusals) {
        return refusals.stream()
                .filter(refusal -> !before.contains(refusal.get("text").getAsString()))
                .toList();
    }
}
