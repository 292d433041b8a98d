package org.jpledge.promise;

import java.util.List;

/**
 * A section of the promise table: rules that hold together.
 *
 * @param kind when they hold
 * @param words the promises that this depends on; empty for {@link Kind#ALWAYS} and those after it
 * @param meaning what it is about: one line, or for {@link Kind#ALL} and {@link Kind#ANY} the comment above it
 * @param differs how Linux falls short of OpenBSD here, or goes beyond
 * @param extension why the word is here although OpenBSD has it not, or no longer; empty if it has
 * @param groups the rules, with the reasons for them
 */
public record Section(
        Kind kind, List<String> words, String meaning, List<String> differs, String extension, List<Group> groups) {
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

    /** Copies the lists. */
    public Section {
        words = List.copyOf(words);
        differs = List.copyOf(differs);
        groups = List.copyOf(groups);
    }
}
