package org.jpledge.promise;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.syscall.Resource;

/**
 * The promise table: which system calls each word of pledge(2) stands for. It is a text, {@code promises.rules} beside this
 * class, whose head says how to read it; the compiler, {@code pledge explain} and the documentation all read this one.
 */
public final class PromiseTable {
    private static final String RESOURCE = "promises.rules";

    private final List<Section> sections;
    private final List<String> words;
    private final Map<String, Integer> places = new HashMap<>(128);

    private PromiseTable(List<Section> sections) {
        this.sections = List.copyOf(sections);
        List<String> found = new ArrayList<>(40);
        for (Section section : sections) {
            if (section.kind() == Section.Kind.PROMISE) {
                found.add(section.words().getFirst());
            }
        }
        this.words = List.copyOf(found);
        for (int i = 0; i < found.size(); i++) {
            places.put(found.get(i), i);
        }
    }

    /**
     * The table that jpledge goes by.
     *
     * @return the same table every time
     */
    public static PromiseTable standard() {
        return Standard.TABLE;
    }

    /**
     * Reads a table.
     *
     * @param text the table, in the format that the standard one describes
     * @return the table
     * @throws org.jpledge.seccomp.RuleSyntaxException if the text is not right
     */
    static PromiseTable parse(String text) {
        return new PromiseTable(new TableReader(text).sections());
    }

    /**
     * All sections.
     *
     * @return in the order of the text
     */
    public List<Section> sections() {
        return sections;
    }

    /**
     * All words that can be promised.
     *
     * @return in the order of the text
     */
    public List<String> words() {
        return words;
    }

    /** Where a word stands among {@link #words()}, or -1: what every section of the table asks for. */
    int place(String word) {
        Integer place = places.get(word);
        return place == null ? -1 : place;
    }

    /**
     * The section of a word alone. What it gives together with others is in the sections of {@link #sections()} that have it
     * among their words.
     *
     * @param word a word
     * @return empty if it cannot be promised
     */
    public Optional<Section> promise(String word) {
        for (Section section : sections) {
            if (section.kind() == Section.Kind.PROMISE
                    && section.words().getFirst().equals(word)) {
                return Optional.of(section);
            }
        }
        return Optional.empty();
    }

    /** Reads the table when it is first asked for. */
    private static final class Standard {
        private static final PromiseTable TABLE = parse(read());

        private static String read() {
            return new String(Resource.read(PromiseTable.class, RESOURCE), StandardCharsets.ISO_8859_1);
        }
    }
}
