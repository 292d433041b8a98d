package org.jpledge.tools.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.serve.Param.Kind;

/** What can be asked by JSON-RPC. Dispatch, the check of parameters, {@code --help} and docs/serve.md come from this table. */
public enum Method {
    /** About the server. */
    STATUS(
            Weight.LIGHT,
            "Say how the server is: since when, for whom, how busy, and its limits.",
            "{\"version\", \"pid\", \"uid\", \"socket\", \"seconds\", \"connections\", \"requests\", \"busy\", \"lost\", \"limits\"}"),

    /** What a word is about. */
    EXPLAIN(
            Weight.LIGHT,
            "Say what promises, calls, phrases or a line of a log are about, as pledge explain does.",
            "{\"text\"}",
            Param.of("words", Kind.WORDS, "What to explain; all promises, if left out."),
            Param.of("arch", Kind.TEXT, "The architecture that is meant, such as aarch64.")),

    /** Questions. */
    WIZARD(
            Weight.HEAVY,
            "Ask what a program is to be allowed, as pledge wizard does: begun with a command, which is tried once, contained, and gone on"
                    + " with by answers. Nothing is run in the end but by the method run.",
            "{\"wizard\", \"trial\", \"said\", \"question\": {\"topic\", \"text\", \"suggestion\", \"words\", \"help\"}}; after the last"
                    + " answer \"outcome\": {\"name\", \"policy\", \"line\", \"words\", \"file\", \"run\"} in place of the question",
            Param.of("command", Kind.TEXTS, "A program and its arguments, which begins one."),
            Param.of("wizard", Kind.NUMBER, "One that was begun on this connection, and is to go on."),
            Param.of(
                    "answers",
                    Kind.TEXTS,
                    "Answers to its questions, in their order; an empty one is what was suggested."),
            Param.of(
                    "directory",
                    Kind.TEXT,
                    "Where the program is tried, and paths begin; the server's own, if left out."),
            Param.of(
                    "environment",
                    Kind.ENTRIES,
                    "What the program is tried with: names and values, or NAME=value each; the server's own, if left out.")),

    /** What the machine can enforce. */
    DOCTOR(
            Weight.HEAVY,
            "Say what the server's machine can enforce, as pledge doctor does.",
            "{\"status\", \"findings\": [{\"id\", \"standing\", \"state\", \"meaning\", \"remedy\"}]}"),

    /** A program under its promises. */
    RUN(
            Weight.RUN,
            "Run a program as pledge does, as a child of the server, and answer when it has ended. What it writes comes as"
                    + " notifications \"output\", unless descriptors are passed for it.",
            "{\"run\", \"pid\", \"status\", \"signal\", \"seconds\"}; detached {\"run\", \"pid\"}",
            confined(Shared.INPUT, Shared.DESCRIPTORS, Shared.DETACHED)),

    /** A launcher. */
    COMPILE(
            Weight.HEAVY,
            "Make the static executable that pledge compile writes.",
            "{\"size\", \"launcher\": base64, or \"output\", \"warnings\"}",
            confined(Param.of("output", Kind.TEXT, "The file to write; otherwise the result has its bytes."))),

    /** A program's system calls. */
    TRACE(
            Weight.RUN,
            "Run a program as pledge trace does: unconfined, with its calls on standard error.",
            "as run",
            programs(Shared.INPUT, Shared.DESCRIPTORS, Shared.DETACHED)),

    /** What a program needs. */
    LEARN(
            Weight.RUN,
            "Run a program as pledge learn does: unconfined, unless options have contained.",
            "as run, and \"learnt\": the policy's text, if no --output is given",
            programs(Shared.INPUT, Shared.DESCRIPTORS)),

    /** What runs. */
    LIST(
            Weight.LIGHT,
            "List the programs that the server runs, for all connections.",
            "{\"runs\": [{\"run\", \"pid\", \"method\", \"command\", \"client\", \"detached\", \"seconds\"}]}"),

    /** A signal. */
    KILL(
            Weight.LIGHT,
            "Send a signal to a program that the server runs, and to what that has started.",
            "{\"run\"}",
            Param.needed("run", Kind.NUMBER, "The number of the run, as started and list have it."),
            Param.of("signal", Kind.TEXT, "Such as SIGTERM, which it is if left out."));

    /** Parameters of several methods. */
    private static final class Shared {
        private static final Param INPUT =
                Param.of("input", Kind.TEXT, "What the program reads; nothing, if left out.");

        private static final Param DESCRIPTORS = Param.of(
                "descriptors",
                Kind.NUMBERS,
                "Which of the descriptors that came with the request, counted from 0, become the program's 0, 1, 2 and so on.");

        private static final Param DETACHED = Param.of(
                "detached",
                Kind.TRUTH,
                "Whether the program goes on without the connection, and without the server; it is answered when it has begun.");
    }

    /** How long a method may take. Of several, the last is the heaviest. */
    enum Weight {
        /** Answered at once, in the order of the requests. */
        LIGHT(Optional.empty()),
        /** Has a thread of its own, and is answered when it is done. */
        HEAVY(Optional.of(Limit.REQUESTS)),
        /** The same for as long as a program runs; so many may run, whatever else is done. */
        RUN(Optional.of(Limit.CHILDREN));

        @SuppressWarnings("ImmutableEnumChecker") // an Optional of an enum's constant is immutable
        private final Optional<Limit> limit;

        Weight(Optional<Limit> limit) {
            this.limit = limit;
        }

        /** How many may be done at a time; empty if nothing has to be counted. */
        Optional<Limit> limit() {
            return limit;
        }
    }

    private final Weight weight;
    private final String meaning;
    private final String result;

    @SuppressWarnings("ImmutableEnumChecker") // what List.of makes is
    private final List<Param> params;

    Method(Weight weight, String meaning, String result, Param... params) {
        this.weight = weight;
        this.meaning = meaning;
        this.result = result;
        this.params = List.of(params);
    }

    /** What all take that run a program under promises, and more. */
    private static Param[] confined(Param... more) {
        List<Param> params = new ArrayList<>(List.of(
                Param.of("promises", Kind.WORDS, "As option --promises."),
                Param.of("unveil", Kind.ENTRIES, "As option --unveil: paths with their letters, or PERMS:PATH."),
                Param.of("connect", Kind.NUMBERS, "As option --connect."),
                Param.of("bind", Kind.NUMBERS, "As option --bind."),
                Param.of(
                        "policy",
                        Kind.TEXT,
                        "As option --policy; or a policy's text, which has more than one line or is JSON.")));
        params.addAll(List.of(more));
        return programs(params.toArray(new Param[0]));
    }

    /** What all take that are about a program, and more. */
    private static Param[] programs(Param... more) {
        List<Param> params = new ArrayList<>(List.of(
                Param.of("words", Kind.WORDS, "The words of a command line, options first, as the command has them."),
                Param.of("options", Kind.OPTIONS, "Options by their long names: true, a text, a number or a list."),
                Param.of("command", Kind.TEXTS, "The program and its arguments."),
                Param.of(
                        "directory",
                        Kind.TEXT,
                        "Where it is run, and where relative paths start; the server's own, if left out."),
                Param.of("environment", Kind.ENTRIES, "All of its environment; the server's own, if left out.")));
        params.addAll(List.of(more));
        return params.toArray(new Param[0]);
    }

    /** How long a method of this name may take; what is none is refused at once. */
    static Weight weight(String word) {
        for (Method method : values()) {
            if (method.word().equals(word)) {
                return method.weight();
            }
        }
        return Weight.LIGHT;
    }

    /** The method of a request. */
    static Method of(String word) throws RequestException {
        List<String> words = new ArrayList<>();
        for (Method method : values()) {
            if (method.word().equals(word)) {
                return method;
            }
            words.add(method.word());
        }
        Optional<String> nearest = Nearest.nearest(word, words);
        throw new RequestException(
                ErrorCode.NO_METHOD,
                "there is no method \"" + shown(word) + "\""
                        + (nearest.isPresent()
                                ? " (did you mean " + nearest.get() + "?)"
                                : ", but " + String.join(", ", words)));
    }

    private static String shown(String word) {
        int most = 60;
        return word.length() > most ? word.substring(0, most) + "..." : word;
    }

    /**
     * Its name in requests.
     *
     * @return the word
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * What it does.
     *
     * @return one sentence
     */
    public String meaning() {
        return meaning;
    }

    /**
     * What it gives.
     *
     * @return the members of its result
     */
    public String result() {
        return result;
    }

    /**
     * What it takes.
     *
     * @return the parameters, in the order in which they may be given without names
     */
    public List<Param> params() {
        return params;
    }

    Weight weight() {
        return weight;
    }
}
