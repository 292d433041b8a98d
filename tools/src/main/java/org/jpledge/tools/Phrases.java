package org.jpledge.tools;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jspecify.annotations.Nullable;

/** What people call things, and the system calls that do them: the rows of {@code phrases.table}. */
final class Phrases {
    private static final String PATH = "PATH";
    private static final String OTHER = "OTHER";
    private static final String PORT = "PORT";
    private static final Task NOBODY = new Task(1, 1);
    private static final String LOOPBACK = "127.0.0.1";
    private static final String ELSEWHERE = "192.0.2.1";
    private static final int HIGHEST_PORT = 65535;

    /** Names of services that stand for their ports. */
    private static final Map<String, String> SERVICES =
            Map.of("http", "80", "https", "443", "ssh", "22", "smtp", "25", "domain", "53", "postgresql", "5432");

    /**
     * A row.
     *
     * @param words the pattern's words
     * @param calls what does it
     */
    private record Row(List<String> words, List<String> calls) {
        /** The words without those that may be left out. */
        List<String> plain() {
            return List.of(String.join(" ", words).replaceAll(" \\[[^]]*]", "").split(" ", -1));
        }
    }

    /**
     * A phrase that is understood.
     *
     * @param calls the calls that do it
     * @param path the path in it; empty if it has none
     */
    record Understood(List<Syscall> calls, String path) {}

    private final List<Row> rows = new ArrayList<>();
    private final Arch arch;
    private final String directory;

    /**
     * The table.
     *
     * @param arch in whose calls
     * @param directory where relative paths start; bytes as characters
     */
    Phrases(Arch arch, String directory) {
        this.arch = arch;
        this.directory = directory;
        for (String line : Template.fill("phrases.table", Map.of()).split("\n", -1)) {
            int equals = line.indexOf(" = ");
            if (!line.startsWith("#") && equals > 0) {
                rows.add(new Row(
                        List.of(line.substring(0, equals).split(" ", -1)),
                        List.of(line.substring(equals + 3).split("; ", -1))));
            }
        }
    }

    /**
     * Understands a phrase.
     *
     * @param phrase the phrase
     * @return nothing if no pattern fits
     */
    Optional<Understood> understand(String phrase) {
        List<String> words = new ArrayList<>();
        for (String word : phrase.strip().split("\\s+", -1)) {
            words.add(word.length() > 1 && word.endsWith(".") ? word.substring(0, word.length() - 1) : word);
        }
        for (Row row : rows) {
            Map<String, String> found = new HashMap<>();
            if (fits(row.words(), 0, words, 0, found)) {
                List<Syscall> calls = new ArrayList<>();
                for (String call : row.calls()) {
                    calls.add(call(call, found));
                }
                return Optional.of(new Understood(calls, found.getOrDefault(PATH, "")));
            }
        }
        return Optional.empty();
    }

    /** For each pattern, a phrase that it understands. */
    Set<String> examples() {
        Set<String> examples = new LinkedHashSet<>();
        for (Row row : rows) {
            examples.add(example(row));
        }
        return examples;
    }

    private static String example(Row row) {
        List<String> words = new ArrayList<>();
        for (String word : row.plain()) {
            words.add(example(word));
        }
        return String.join(" ", words);
    }

    /** The pattern whose first word is most like that of a phrase, as an example. */
    Optional<String> nearest(String phrase) {
        Map<String, String> examples = new HashMap<>();
        for (Row row : rows) {
            for (String word : row.words().getFirst().split("\\|", -1)) {
                String example = example(row);
                examples.putIfAbsent(
                        word,
                        word + example.substring(example.indexOf(' ') < 0 ? example.length() : example.indexOf(' ')));
            }
        }
        String first = phrase.strip().split("\\s+", -1)[0].toLowerCase(Locale.ROOT);
        return Nearest.nearest(first, examples.keySet()).map(word -> "'" + examples.get(word) + "'");
    }

    private static String example(String word) {
        return switch (word) {
            case PATH -> "/path";
            case OTHER -> "/other";
            case PORT -> "443";
            default -> word.split("\\|", -1)[0];
        };
    }

    /** What a call is, in words: the first pattern that means this call alone. */
    Optional<String> meaning(String call) {
        for (Row row : rows) {
            if (row.calls().size() == 1 && row.calls().getFirst().startsWith(call + "(")) {
                List<String> words = new ArrayList<>();
                for (String word : row.plain()) {
                    words.add(word.split("\\|", -1)[0]);
                }
                return Optional.of(String.join(" ", words));
            }
        }
        return Optional.empty();
    }

    private boolean fits(List<String> pattern, int at, List<String> words, int from, Map<String, String> found) {
        if (at == pattern.size()) {
            return from == words.size();
        }
        String wanted = pattern.get(at);
        if (wanted.startsWith("[")) {
            // Until the bracket closes, all or nothing.
            int end = at;
            while (!pattern.get(end).endsWith("]")) {
                end++;
            }
            List<String> within = new ArrayList<>();
            for (String each : pattern.subList(at, end + 1)) {
                within.add(each.replace("[", "").replace("]", ""));
            }
            List<String> rest = pattern.subList(end + 1, pattern.size());
            List<String> with = new ArrayList<>(within);
            with.addAll(rest);
            return fits(with, 0, words, from, found) || fits(rest, 0, words, from, found);
        }
        if (from == words.size()) {
            return false;
        }
        for (String one : wanted.split("\\|", -1)) {
            Map<String, String> before = new HashMap<>(found);
            if (fits(one, words.get(from), found) && fits(pattern, at + 1, words, from + 1, found)) {
                return true;
            }
            found.clear();
            found.putAll(before);
        }
        return false;
    }

    private static boolean fits(String wanted, String word, Map<String, String> found) {
        return switch (wanted) {
            case PATH, OTHER -> {
                boolean path = word.contains("/");
                if (path) {
                    found.put(wanted, word);
                }
                yield path;
            }
            case PORT -> {
                String number = SERVICES.getOrDefault(word.toLowerCase(Locale.ROOT), word);
                long port = PolicyOptions.digits(number, number.length());
                boolean fits = port >= 1 && port <= HIGHEST_PORT;
                if (fits) {
                    found.put(PORT, number);
                }
                yield fits;
            }
            case "WHO" -> !word.contains("/");
            default -> word.equalsIgnoreCase(wanted);
        };
    }

    /** A call with arguments by name, as the table writes it. */
    private Syscall call(String text, Map<String, String> found) {
        int open = text.indexOf('(');
        String name = text.substring(0, open);
        Map<String, String> given = new HashMap<>();
        for (String argument : text.substring(open + 1, text.length() - 1).split(", ", -1)) {
            int equals = argument.indexOf('=');
            if (equals > 0) {
                given.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
        }
        List<Argument> arguments = new ArrayList<>();
        for (Parameter parameter : Signature.of(arch, name).orElseThrow().parameters()) {
            arguments.add(argument(parameter.name(), given.remove(parameter.name()), found));
        }
        if (!given.isEmpty()) {
            throw new IllegalStateException("phrases.table: " + name + " has no " + given.keySet());
        }
        int number = SyscallTable.of(arch).number(name).orElseThrow();
        return new Syscall(NOBODY, 0, arch, number, name, arguments, new Outcome.Unfinished(), -1, false, 0);
    }

    private Argument argument(String name, @Nullable String value, Map<String, String> found) {
        if (value == null) {
            return new Argument.Whole(name, 0, 0);
        }
        return switch (value) {
            case PATH, OTHER -> {
                String path = absolute(found.getOrDefault(value, "/"));
                yield new Argument.PathName(name, 1, path, path, path);
            }
            case "HOST", "ITSELF" -> {
                int port = Integer.parseInt(found.getOrDefault(PORT, "1"));
                String host = value.equals("HOST") ? ELSEWHERE : LOOPBACK;
                yield new Argument.Socket(name, 1, new Endpoint.Internet("AF_INET", host, port));
            }
            case "LOCAL" -> {
                String path = absolute(found.getOrDefault(PATH, "/"));
                yield new Argument.Socket(name, 1, new Endpoint.Local(path, false, path));
            }
            default -> new Argument.Symbols(name, number(value), value);
        };
    }

    private String absolute(String path) {
        String home = System.getenv("HOME");
        if (path.startsWith("~/") && home != null) {
            return home + path.substring(1);
        }
        return path.startsWith("/") ? path : directory + "/" + path;
    }

    private long number(String expression) {
        long value = 0;
        for (String name : expression.split("\\|", -1)) {
            long digits = PolicyOptions.digits(name, name.length());
            value |= digits >= 0 ? digits : Constants.of(arch).value(name).orElseThrow();
        }
        return value;
    }
}
