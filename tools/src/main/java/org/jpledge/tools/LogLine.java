package org.jpledge.tools;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.Words;
import org.jpledge.tools.transcript.Transcript;

/**
 * A line that somebody found in a log or on a terminal, as what it is about.
 *
 * @param calls the system calls in it; empty where it names none
 * @param phrase the same in words of {@link Phrases}; empty where calls say it
 */
record LogLine(List<Syscall> calls, String phrase) {
    /** What programs print when they are refused something, in the order in which it is tried; $1 is the path or port. */
    private static final List<Form> FORMS = List.of(
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:create|make) directory[: ]+(PATH)", "mkdir $1"),
            new Form(
                    "(?:cannot|can't|could not|unable to|failed to) (?:create|make) (?:fifo|named pipe)[: ]+(PATH)",
                    "mkfifo $1"),
            new Form(
                    "(?:cannot|can't|could not|unable to|failed to) (?:create|make|touch)(?: regular file| file)?[: ]+(PATH)",
                    "create $1"),
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:remove|delete|unlink)[: ]+(PATH)", "remove $1"),
            new Form(
                    "(?:cannot|can't|could not|unable to|failed to) (?:move|rename)[: ]+(PATH) to (PATH)",
                    "rename $1 to $2"),
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:open|access) directory[: ]+(PATH)", "list $1"),
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:stat|access)[: ]+(PATH)", "stat $1"),
            new Form(
                    "(?:cannot|can't|could not|unable to|failed to) (?:write|open)[: ]+(PATH)(?: for writing)",
                    "open $1 for writing"),
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:execute|exec|run|start)[: ]+(PATH)", "run $1"),
            new Form(
                    "(?:setting|changing|preserving) (?:permissions|times|ownership) (?:of|for)[: ]+(PATH)",
                    "chmod $1"),
            new Form("(?:connect|connection) (?:to|failed).*port ([0-9]+)", "connect to port $1"),
            new Form("dial (?:tcp|udp).*:([0-9]+): connect", "connect to port $1"),
            new Form("connect E(?:ACCES|PERM) .*:([0-9]+)", "connect to port $1"),
            new Form("E(?:ACCES|PERM): [^,]*, mkdir (PATH)", "mkdir $1"),
            new Form("E(?:ACCES|PERM): [^,]*, (?:unlink|rmdir) (PATH)", "remove $1"),
            new Form("E(?:ACCES|PERM): [^,]*, rename (PATH) -> (PATH)", "rename $1 to $2"),
            new Form("E(?:ACCES|PERM): [^,]*, (?:open|scandir|opendir) (PATH)", "read $1"),
            new Form("(?:bind|listen).*(?:port |:)([0-9]+)", "listen on port $1"),
            new Form("PermissionError: .*\\] .*: (PATH)", "read $1"),
            new Form("FileNotFoundException: (PATH) \\((?:Permission denied|Operation not permitted)\\)", "read $1"),
            new Form("AccessDeniedException: (PATH)", "read $1"),
            new Form("(?:bad interpreter|cannot execute).*(PATH)", "run $1"),
            new Form("shared librar.*: (PATH)", "read $1"),
            new Form("(PATH): (?:Permission denied|Operation not permitted)", "read $1"),
            new Form("(?:cannot|can't|could not|unable to|failed to) (?:open|read)[^/]*(PATH)", "read $1"),
            new Form("fork.*(?:Operation not permitted|Permission denied)", "fork"),
            new Form("socket.*(?:Operation not permitted|Permission denied)", "create socket"),
            new Form("kill.*(?:Operation not permitted|Permission denied)", "send a signal"));

    private static final Pattern REPORTED =
            Pattern.compile("^[^ ]*\\[[0-9]+\\] ([a-z0-9_]+\\(.*\\)) (?:would be )?refused");

    /** What follows it in our trace is what the call needs, in columns. */
    private static final Pattern RESULT = Pattern.compile("\\) += (?:-?[0-9]+|\\?)(?: E[A-Z0-9]+(?: \\([^)]*\\))?)?");

    private static final List<String> TELLING = List.of(
            "permission denied", "operation not permitted", "eacces", "eperm", "accessdenied", "permissionerror");

    /**
     * How a line looks.
     *
     * @param pattern a regular expression, in which PATH is a path in any quotes or none
     * @param phrase what it means
     */
    private record Form(Pattern pattern, String phrase) {
        Form(String pattern, String phrase) {
            this(
                    Pattern.compile(
                            pattern.replace(
                                    "(PATH)", "['\"`\u2018]?([~.]*/[^'\"`\u2019:]*[^'\"`\u2019: ])['\"`\u2019]?"),
                            Pattern.CASE_INSENSITIVE),
                    phrase);
        }
    }

    /**
     * Reads a line.
     *
     * @param line the line; bytes as characters
     * @param directory where relative paths start
     * @return nothing if it is no line of a log that could be understood
     */
    static Optional<LogLine> of(String line, String directory) throws IOException {
        List<Syscall> calls = traced(line, directory);
        if (!calls.isEmpty()) {
            return Optional.of(new LogLine(calls, ""));
        }
        boolean telling = false;
        for (String word : TELLING) {
            telling |= line.toLowerCase(Locale.ROOT).contains(word);
        }
        if (telling) {
            String text = new String(Words.bytes(line), StandardCharsets.UTF_8);
            for (Form form : FORMS) {
                Matcher matcher = form.pattern().matcher(text);
                if (matcher.find()) {
                    StringBuilder phrase = new StringBuilder(form.phrase());
                    for (int i = 1; i <= matcher.groupCount(); i++) {
                        int at = phrase.indexOf("$" + i);
                        phrase.replace(at, at + 2, matcher.group(i));
                    }
                    return Optional.of(new LogLine(List.of(), Words.ofText(phrase.toString())));
                }
            }
        }
        return Optional.empty();
    }

    /** A line of strace, of our trace or of our report: all of them have a call, and strace's ends with its result. */
    private static List<Syscall> traced(String line, String directory) throws IOException {
        String text = line;
        Matcher reported = REPORTED.matcher(text);
        if (reported.find()) {
            // Our reports leave out the working directory where it is a call's first argument.
            text = reported.group(1).replaceFirst("^([a-z0-9_]+at2?)\\(\"", "$1(AT_FDCWD, \"")
                    + " = -1 EACCES (Permission denied)";
        } else {
            Matcher result = RESULT.matcher(text);
            if (!result.find()) {
                return List.of();
            }
            text = text.substring(0, result.end());
        }
        List<Syscall> calls = new ArrayList<>();
        Transcript.read(new ByteArrayInputStream(Words.bytes(text + "\n")), directory, event -> {
            if (event instanceof Syscall call) {
                calls.add(call);
            }
        });
        return calls;
    }
}
