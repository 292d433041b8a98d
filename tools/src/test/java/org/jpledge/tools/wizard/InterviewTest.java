package org.jpledge.tools.wizard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.policy.TomlText;
import org.jpledge.tools.policy.Variables;
import org.jpledge.unveil.Permissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What answers make of a policy. */
class InterviewTest {
    private static final PolicyDocument PROPOSAL = PolicyDocument.EMPTY
            .promising(Promises.of("stdio", "rpath"))
            .unveiling(Map.of("/etc", Permissions.READ))
            .running(List.of("ls", "/etc"));

    private static Interview after(PolicyDocument proposal, String... answers) throws AnswerException {
        Interview interview = Interview.of(proposal, "ls", Arch.X86_64, "/home/ada");
        for (String answer : answers) {
            interview = interview.answer(answer);
        }
        return interview;
    }

    private static Outcome outcome(String... answers) throws AnswerException {
        return after(PROPOSAL, answers).outcome().orElseThrow();
    }

    @Test
    void emptyAnswersAreTheProposalAndRunIt() throws AnswerException {
        assertThat(outcome("", "", "", "", "", "", "", "")).isEqualTo(new Outcome("ls", PROPOSAL, "", true));
    }

    @Test
    void everyAnswerIsInThePolicy() throws AnswerException {
        Outcome outcome = outcome(
                "listing",
                "stdio rpath inet",
                "rw:notes",
                "-/etc",
                "r:/usr/share/zoneinfo",
                "",
                "443, 8443",
                "none",
                "kill",
                "n",
                "",
                "ls.toml",
                "n");
        assertThat(outcome)
                .isEqualTo(new Outcome(
                        "listing",
                        PROPOSAL.promising(Promises.of("stdio", "rpath", "inet"))
                                .unveiling(Map.of(
                                        "/home/ada/notes",
                                        Permissions.parse("rw"),
                                        "/usr/share/zoneinfo",
                                        Permissions.READ))
                                .using(Optional.of(new PortList(new TreeSet<>(List.of(443, 8443)), new TreeSet<>())))
                                .onViolation(Action.KILL_PROCESS),
                        "ls.toml",
                        false));
    }

    @Test
    void rulesForSingleCallsAreInTheRuleLanguage() throws AnswerException {
        Outcome outcome = outcome(
                "",
                "",
                "",
                "", //
                "y",
                "ioctl",
                "request",
                "",
                "==",
                "TIOCGWINSZ",
                "",
                "allow", //
                "y",
                "openat",
                "flags",
                "32",
                "&",
                "O_ACCMODE",
                "O_WRONLY",
                "mode",
                "",
                "<=",
                "0600",
                "",
                "errno EACCES", //
                "y",
                "socketpair",
                "",
                "kill", //
                "",
                "",
                "",
                "n");
        assertThat(outcome.policy().allow()).containsExactly("ioctl(request == TIOCGWINSZ)");
        assertThat(outcome.policy().deny())
                .containsExactly(
                        "openat(flags & O_ACCMODE == O_WRONLY, mode <= 0600) -> errno EACCES", "socketpair -> kill");
    }

    @Test
    void filtersOfTheirOwnHaveNamesRulesAndAnActionForTheRest() throws AnswerException {
        Outcome outcome = outcome(
                "",
                "",
                "",
                "",
                "", //
                "vcpu",
                "kill",
                "",
                "ioctl",
                "request",
                "",
                "",
                "0xae80",
                "",
                "",
                "y",
                "exit_group",
                "",
                "allow",
                "n", //
                "api",
                "errno EACCES",
                "n", //
                "",
                "",
                "n");
        assertThat(outcome.policy().filters().keySet()).containsExactly("api", "vcpu");
        assertThat(TomlText.of(outcome.policy(), new Variables("", ""), List.of(), Map.of()))
                .contains(
                        "[filter.vcpu]\narchitectures = [\"x86-64\"]\notherwise = \"kill\"\n",
                        """
                        rules = '''
                        ioctl(request == 0xae80)
                        exit_group
                        '''
                        """,
                        "[filter.api]\narchitectures = [\"x86-64\"]\notherwise = \"errno EACCES\"\n");
        // Rules beside the promises are others.
        assertThat(outcome.policy().allow()).isEmpty();
        assertThat(outcome.policy().deny()).isEmpty();
    }

    /** One answer for each question, in a conversation that meets all of them. */
    private static final List<Map.Entry<Topic, String>> ALL = List.of(
            Map.entry(Topic.NAME, "listing"),
            Map.entry(Topic.PROMISES, "stdio rpath inet"),
            Map.entry(Topic.PATHS, ""),
            Map.entry(Topic.CONNECT, "80"),
            Map.entry(Topic.BIND, "none"),
            Map.entry(Topic.VIOLATION, "errno EACCES"),
            Map.entry(Topic.MORE, "y"),
            Map.entry(Topic.CALL, "openat"),
            Map.entry(Topic.ARGUMENT, "flags"),
            Map.entry(Topic.SIZE, "32"),
            Map.entry(Topic.COMPARISON, "&"),
            Map.entry(Topic.MASK, "O_ACCMODE"),
            Map.entry(Topic.VALUE, "O_RDONLY"),
            Map.entry(Topic.ARGUMENT, ""),
            Map.entry(Topic.ACTION, "log"),
            Map.entry(Topic.MORE, "n"),
            Map.entry(Topic.FILTER, "worker"),
            Map.entry(Topic.OTHERWISE, "kill"),
            Map.entry(Topic.MORE, "n"),
            Map.entry(Topic.FILTER, ""),
            Map.entry(Topic.SAVE, "x.toml"),
            Map.entry(Topic.RUN, "n"));

    private static InputStream answers(int before, String between, int from) {
        StringBuilder text = new StringBuilder();
        ALL.subList(0, before).forEach(each -> text.append(each.getValue()).append('\n'));
        text.append(between);
        ALL.subList(from, ALL.size())
                .forEach(each -> text.append(each.getValue()).append('\n'));
        return lines(text.toString());
    }

    private static int place(Topic topic) {
        for (int i = 0; i < ALL.size(); i++) {
            if (ALL.get(i).getKey() == topic) {
                return i;
            }
        }
        throw new AssertionError(topic + " is not met");
    }

    @ParameterizedTest
    @EnumSource(value = Topic.class, names = "COMMAND", mode = EnumSource.Mode.EXCLUDE)
    void everyQuestionCanBeLeftBackwards(Topic topic) throws IOException {
        int at = place(topic);
        Optional<Outcome> straight = held(answers(0, "", 0));
        assertThat(straight).isPresent();
        assertThat(held(answers(at, "back\n", Math.max(0, at - 1)))).isEqualTo(straight);
        // What was answered to it is forgotten, too; after the last one there is nothing to go back from.
        if (topic != Topic.RUN) {
            assertThat(held(answers(at, ALL.get(at).getValue() + "\nBACK\n", at)))
                    .isEqualTo(straight);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Topic.class, names = "COMMAND", mode = EnumSource.Mode.EXCLUDE)
    void everyQuestionHasHelpAndStands(Topic topic) throws IOException {
        int at = place(topic);
        assertThat(held(answers(at, "help\n?\n", at))).isEqualTo(held(answers(0, "", 0)));
        held(answers(at, "Help\n", at));
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce(topic.help() + " The words back, help and abort");
    }

    @ParameterizedTest
    @EnumSource(value = Topic.class, names = "COMMAND", mode = EnumSource.Mode.EXCLUDE)
    void everyQuestionCanBeAborted(Topic topic) throws IOException {
        assertThat(held(answers(place(topic), "abort\n", place(topic)))).isEmpty();
    }

    @Test
    void goingBackForgetsTheAnswer() throws AnswerException {
        Interview first = after(PROPOSAL, "");
        Interview second = first.answer("stdio");
        assertThat(second.policy().words()).containsExactly("stdio");
        assertThat(second.back().policy().words()).containsExactly("stdio", "rpath");
        assertThat(second.back().question()).isEqualTo(first.question());
        Interview start = after(PROPOSAL);
        assertThat(start.back()).isSameAs(start);
    }

    @Test
    void portsAreAskedForWhereThereIsANetwork() throws AnswerException {
        assertThat(after(PROPOSAL, "", "", "").question().topic()).isEqualTo(Topic.VIOLATION);
        assertThat(after(PROPOSAL, "", "stdio dns", "").question().topic()).isEqualTo(Topic.CONNECT);
        PolicyDocument listed = PROPOSAL.using(Optional.of(new PortList(new TreeSet<>(List.of(80)), new TreeSet<>())));
        assertThat(after(listed, "", "stdio inet", "").question().suggestion()).isEqualTo("80");
        assertThat(after(listed, "", "", "").policy().ports()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no/name | \"no/name\" is no name: letters, digits, dots and dashes, a letter or digit first",
                ";stdio rpth | unknown promise \"rpth\" (did you mean rpath?)",
                ";;-/ect | /ect is not in the list (did you mean /etc?)",
                ";;q:/etc | permissions",
                ";;;errno EPRM | EPRM",
                ";;;allow | \"allow\" is none of errno NAME, kill, trap and log",
                ";;;;maybe | y or n",
                ";;;;y;opnat | unknown system call \"opnat\"",
                ";;;;y;openat;flag | openat has no argument \"flag\" (it has ",
                ";;;;y;openat;flags;16 | 32 or 64",
                ";;;;y;openat;flags;;=~ | \"=~\" is none of == != < <= > >= in &",
                ";;;;y;openat;flags;;==;O_RDONYL | O_RDONYL",
                ";;;;y;openat;;notify | notify needs somebody who answers",
                ";stdio inet;;70000 | \"70000\" is no port",
                ";stdio inet;;80;any | ports to connect to are listed",
                ";stdio inet;;none;none | no port at all, in either direction",
                ";;;errno 4000 | no error has the number 4000",
                ";;;;n;x/y | \"x/y\" cannot be a filter's name",
                ";;;;n;arm | \"arm\" cannot be a filter's name",
                ";;;;n;main | main is the promises' own filter",
                ";;;;n;worker;notify | notify needs somebody who answers",
                ";;;;y;socket;;kill;y;socket;family;;;AF_UNIX;;allow | no call is left for socket(family == 1)",
                ";;;;y;read;fd;;;1;fd;;;2;;kill | its comparisons contradict each other",
                ";;;;n;worker;kill;y;read;;allow;y;read;fd;;;1;;kill | no call is left for read(fd == 1) -> kill",
            })
    void aWrongAnswerIsSaidAndTheQuestionStands(String answers, String message) throws AnswerException {
        List<String> lines = List.of(answers.split(";", -1));
        Interview interview = after(PROPOSAL, lines.subList(0, lines.size() - 1).toArray(String[]::new));
        assertThatThrownBy(() -> interview.answer(lines.getLast()))
                .isInstanceOf(AnswerException.class)
                .hasMessageContaining(message.startsWith("permissions") ? "q" : message)
                .message()
                .doesNotContain("\n");
    }

    private static ByteArrayOutputStream said = new ByteArrayOutputStream();

    private static Optional<Outcome> held(InputStream answers) throws IOException {
        said = new ByteArrayOutputStream();
        return Dialogue.hold(
                Interview.of(PROPOSAL, "ls", Arch.X86_64, "/"),
                new LineConversation(answers, said, false),
                policy -> "summary of " + policy.words());
    }

    private static InputStream lines(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aConversationHasHelpBackAndAbort() throws IOException {
        assertThat(held(lines("x\nback\nhelp\nls\nback\n\nstdio\n\n\n\n\n-\nn\n")))
                .hasValueSatisfying(
                        outcome -> assertThat(outcome.policy().words()).containsExactly("stdio"));
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("Name of the policy [ls]:\nPromises")
                .contains(Topic.NAME.help())
                .contains("summary of [stdio]");
        assertThat(held(lines("\nabort\n\n\n\n\n\n\n"))).isEmpty();
    }

    @Test
    void whoeverStopsAnsweringHasAborted() throws IOException {
        assertThat(held(lines("\n\n\n"))).isEmpty();
        assertThat(held(lines(""))).isEmpty();
    }

    @Test
    void wrongAnswersWithoutEndAreNoEndlessLoop() throws IOException {
        assertThat(held(lines("no/name\n".repeat(1000)))).isEmpty();
    }

    @Test
    void whatFollowsTheAnswersIsLeftThere() throws IOException {
        InputStream in = lines("\n\n\n\n\n\n-\ny\nfor the program\n");
        assertThat(held(in))
                .hasValueSatisfying(outcome -> assertThat(outcome.run()).isTrue());
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("for the program\n");
    }
}
