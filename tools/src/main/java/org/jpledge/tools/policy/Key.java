package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;

/** The keys of a policy's file, a row each: what is read, what the schema allows, and what the documentation lists. */
enum Key {
    INCLUDE(
            "include",
            Scope.POLICY,
            Shape.FILES,
            "Files that are read before this one; a relative name starts where this file lies."),
    PROMISES(
            "promises",
            Scope.POLICY,
            Shape.PROMISES,
            "What the program may do: promises with spaces between them. Included files add theirs."),
    COMMAND(
            "command",
            Scope.POLICY,
            Shape.COMMAND,
            "The program and its arguments, where the command line names none."),
    ON_VIOLATION(
            "on-violation",
            Scope.POLICY,
            Shape.ACTION,
            "What happens to a call that is not allowed; errno EPERM if nothing is said."),
    CONNECT("connect", Scope.POLICY, Shape.PORTS, "The only ports of others that may be connected and sent to."),
    BIND(
            "bind",
            Scope.POLICY,
            Shape.PORTS,
            "The only ports that the program may have; 0 is any that the kernel picks."),
    IGNORE_MISSING(
            "ignore-missing", Scope.POLICY, Shape.TRUTH, "Whether unveiled paths that are not there are passed over."),
    ALLOW(
            "allow",
            Scope.POLICY,
            Shape.RULES,
            "Rules that allow system calls beside the promises, in the rule language."),
    DENY(
            "deny",
            Scope.POLICY,
            Shape.RULES,
            "Rules that refuse system calls although they are promised, in the rule language. They stand before what allows."),
    KERNEL(
            "kernel",
            Scope.POLICY,
            Shape.VERSION,
            "The Linux that the filters were written for: calls that are newer and have no rule get what is unknown."),
    VARIABLES(
            "variables",
            Scope.POLICY,
            Shape.VARIABLES,
            "Names for places: a path may begin with $NAME, as with $HOME and $PWD."),
    UNVEIL(
            "unveil",
            Scope.POLICY,
            Shape.UNVEIL,
            "What may be done at paths and below them, by letters of rwxc; none hide a path. All others are hidden."),
    LIMITS("limits", Scope.POLICY, Shape.LIMITS, "How much the program may use."),
    FILTER(
            "filter",
            Scope.POLICY,
            Shape.FILTERS,
            "A raw filter; or several in tables by name, for the threads of a program."),
    OTHERWISE("otherwise", Scope.FILTER, Shape.ACTION, "What happens to calls that no rule matches."),
    UNKNOWN(
            "unknown",
            Scope.FILTER,
            Shape.ACTION,
            "What happens to numbers that the architecture does not know; errno ENOSYS if nothing is said."),
    FOREIGN(
            "foreign",
            Scope.FILTER,
            Shape.ACTION,
            "What happens to calls of other architectures; kill if nothing is said."),
    ACTION("action", Scope.FILTER, Shape.ACTION, "What a rule does that does not say it; allow if nothing is said."),
    ARCHITECTURES(
            "architectures",
            Scope.FILTER,
            Shape.ARCHITECTURES,
            "Those that the filter is for; the machine's own if nothing is said."),
    FREQUENCIES(
            "frequencies",
            Scope.RULES,
            Shape.FREQUENCIES,
            "How often calls are made, in relation to each other, 0 to 100000; in place of what was measured. Faster, not other, answers."),
    RULES(
            "rules",
            Scope.RULES,
            Shape.RULES,
            "Rules in the rule language; the first that matches counts. Those of an architecture stand before the filter's.");

    /** In which tables a key may be. */
    enum Scope {
        /** In the file itself. */
        POLICY,
        /** In a filter. */
        FILTER,
        /** In a filter, and in its tables for single architectures. */
        RULES
    }

    private final String word;
    private final Scope scope;
    private final Shape shape;
    private final String meaning;

    Key(String word, Scope scope, Shape shape, String meaning) {
        this.word = word;
        this.scope = scope;
        this.shape = shape;
        this.meaning = meaning;
    }

    String word() {
        return word;
    }

    Shape shape() {
        return shape;
    }

    /** One or two sentences. */
    String meaning() {
        return meaning;
    }

    /** The keys of the file itself. */
    static List<Key> ofPolicy() {
        return of(Scope.POLICY, Scope.POLICY);
    }

    /** The keys of a filter. */
    static List<Key> ofFilter() {
        return of(Scope.FILTER, Scope.RULES);
    }

    /** The keys of a filter's part for one architecture. */
    static List<Key> ofPart() {
        return of(Scope.RULES, Scope.RULES);
    }

    private static List<Key> of(Scope one, Scope other) {
        List<Key> keys = new ArrayList<>();
        for (Key key : values()) {
            if (key.scope == one || key.scope == other) {
                keys.add(key);
            }
        }
        return keys;
    }

    /** Their words. */
    static List<String> words(List<Key> keys) {
        List<String> words = new ArrayList<>();
        for (Key key : keys) {
            words.add(key.word);
        }
        return words;
    }
}
