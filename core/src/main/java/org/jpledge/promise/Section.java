package org.jpledge.promise;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A section of the promise table: rules that hold together. */
public final class Section {
    /** When the rules of a section hold. */
    public enum Kind {
        /** When its one word is promised. */
        PROMISE,
        /** When every one of its words is promised. */
        ALL,
        /** When at least one of its words is promised. */
        ANY,
        /** Under any promises, even none. */
        ALWAYS,
        /** Before the program's entry point. */
        LOADER,
        /** For calls that fail with ENOSYS if nothing else allows them. */
        ENOSYS,
        /** Never: the default action refuses them, this is where the reasons are. */
        NEVER
    }

    /** What is inside a section. */
    record Body(List<String> differs, String extension, List<Group> groups) {
        Body {
            differs = List.copyOf(differs);
            groups = List.copyOf(groups);
        }
    }

    private final Kind kind;
    private final List<String> words;
    private final String meaning;
    private final SectionReader reader;
    private @Nullable Body body;

    Section(Kind kind, List<String> words, String meaning, SectionReader reader) {
        this.kind = kind;
        this.words = List.copyOf(words);
        this.meaning = meaning;
        this.reader = reader;
    }

    /**
     * When its rules hold.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The promises that this depends on.
     *
     * @return empty for {@link Kind#ALWAYS} and the kinds after it
     */
    public List<String> words() {
        return words;
    }

    /**
     * What it is about.
     *
     * @return one line, or for {@link Kind#ALL} and {@link Kind#ANY} the comment above it
     */
    public String meaning() {
        return meaning;
    }

    /**
     * How Linux falls short of OpenBSD here, or goes beyond.
     *
     * @return a sentence or more
     */
    public List<String> differs() {
        return body().differs();
    }

    /**
     * Why the word is here although OpenBSD has it not, or no longer.
     *
     * @return empty if OpenBSD has it
     */
    public String extension() {
        return body().extension();
    }

    /**
     * The rules, with the reasons for them.
     *
     * @return in the order of the text
     */
    public List<Group> groups() {
        return body().groups();
    }

    private synchronized Body body() {
        Body read = body;
        if (read == null) {
            read = reader.read();
            body = read;
        }
        return read;
    }
}
