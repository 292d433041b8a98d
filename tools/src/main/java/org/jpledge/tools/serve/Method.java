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

    /** What the machine can enforce. */
    DOCTOR(
            Weight.HEAVY,
            "Say what the server's machine can enforce, as pledge doctor does.",
            "{\"status\", \"findings\": [{\"id\", \"standing\", \"state\", \"meaning\", \"remedy\"}]}");

    /** How long a method may take. */
    enum Weight {
        /** Answered at once, in the order of the requests. */
        LIGHT,
        /** Has a thread of its own, and is answered when it is done. */
        HEAVY
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
