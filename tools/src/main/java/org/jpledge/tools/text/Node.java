package org.jpledge.tools.text;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Nearest;
import org.jspecify.annotations.Nullable;

/**
 * A value in a text of nested values, JSON or YAML, that knows its place. What asks for a value of some kind says, where it is of
 * another, where that is and what was expected.
 */
public sealed interface Node {
    /**
     * Where the value begins.
     *
     * @return the line, from 1
     */
    int line();

    /**
     * Where the value begins in its line.
     *
     * @return the column in characters, from 1
     */
    int column();

    /**
     * Named values.
     *
     * @param line where it begins
     * @param column where it begins
     * @param members the values in their order
     */
    record Members(int line, int column, Map<String, Node> members) implements Node {
        /**
         * A member; null counts as none.
         *
         * @param name its name
         * @return empty if there is none
         */
        public Optional<Node> find(String name) {
            Node member = members.get(name);
            return member == null || member instanceof Nothing ? Optional.empty() : Optional.of(member);
        }

        /**
         * A member that has to be there.
         *
         * @param name its name
         * @return the member
         * @throws SyntaxException if there is none
         */
        public Node get(String name) throws SyntaxException {
            Optional<Node> member = find(name);
            if (member.isEmpty()) {
                throw error("\"" + name + "\" is missing here");
            }
            return member.get();
        }

        /**
         * Checks the members' names.
         *
         * @param known the names that are understood
         * @throws SyntaxException for another
         */
        public void only(Set<String> known) throws SyntaxException {
            for (Map.Entry<String, Node> member : members.entrySet()) {
                if (!known.contains(member.getKey())) {
                    throw member.getValue()
                            .error(suggesting("unknown name \"" + member.getKey() + "\"", member.getKey(), known));
                }
            }
        }

        @Override
        public String kind() {
            return "an object";
        }
    }

    /**
     * Values in a row.
     *
     * @param line where it begins
     * @param column where it begins
     * @param items the values
     */
    record Items(int line, int column, List<Node> items) implements Node {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /**
     * Text.
     *
     * @param line where it begins
     * @param column where it begins
     * @param text the text
     */
    record Text(int line, int column, String text) implements Node {
        @Override
        public String kind() {
            return "\"" + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text) + "\"";
        }
    }

    /**
     * A number.
     *
     * @param line where it begins
     * @param column where it begins
     * @param digits the number as it is written
     */
    record Digits(int line, int column, String digits) implements Node {
        @Override
        public String kind() {
            return digits.length() > SHOWN ? digits.substring(0, SHOWN) + "..." : digits;
        }
    }

    /**
     * True or false.
     *
     * @param line where it begins
     * @param column where it begins
     * @param truth which
     */
    record Truth(int line, int column, boolean truth) implements Node {
        @Override
        public String kind() {
            return Boolean.toString(truth);
        }
    }

    /**
     * Null.
     *
     * @param line where it begins
     * @param column where it begins
     */
    record Nothing(int line, int column) implements Node {
        @Override
        public String kind() {
            return "null";
        }
    }

    /** How much of a text an error shows. */
    int SHOWN = 60;

    /**
     * What the value is, for errors.
     *
     * @return a short text
     */
    String kind();

    /**
     * An error at this value.
     *
     * @param message what is wrong
     * @return the error
     */
    default SyntaxException error(String message) {
        return new SyntaxException(line(), column(), message);
    }

    private SyntaxException expected(String what) {
        return error(what + " is expected here, not " + kind());
    }

    /**
     * A message with the word that may have been meant.
     *
     * @param message what is wrong
     * @param word the wrong word
     * @param known the right ones
     * @return the message
     */
    static String suggesting(String message, String word, Iterable<String> known) {
        @Nullable String nearest = Nearest.nearest(word, known).orElse(null);
        return nearest == null ? message : message + " (did you mean " + nearest + "?)";
    }

    /**
     * This value as named values.
     *
     * @return the same
     * @throws SyntaxException if it is something else
     */
    default Members object() throws SyntaxException {
        if (this instanceof Members members) {
            return members;
        }
        throw expected("an object");
    }

    /**
     * The values in this row.
     *
     * @return the values
     * @throws SyntaxException if it is something else
     */
    default List<Node> list() throws SyntaxException {
        if (this instanceof Items(int _, int _, List<Node> items)) {
            return items;
        }
        throw expected("a list");
    }

    /**
     * The texts in this row.
     *
     * @return the texts
     * @throws SyntaxException if it or a value in it is something else
     */
    default List<String> texts() throws SyntaxException {
        List<String> texts = new ArrayList<>();
        for (Node item : list()) {
            texts.add(item.string());
        }
        return texts;
    }

    /**
     * The text that this value is.
     *
     * @return the text
     * @throws SyntaxException if it is something else
     */
    default String string() throws SyntaxException {
        if (this instanceof Text(int _, int _, String text)) {
            return text;
        }
        throw expected("a text in quotes");
    }

    /**
     * A whole number of at most 64 bits, without a sign.
     *
     * @return its bits
     * @throws SyntaxException if it is something else
     */
    default long bits() throws SyntaxException {
        if (!(this instanceof Digits(int _, int _, String digits))) {
            throw expected("a number");
        }
        if (digits.chars().allMatch(c -> c >= '0' && c <= '9') && digits.length() <= SHOWN) {
            BigInteger number = new BigInteger(digits);
            if (number.bitLength() <= Long.SIZE) {
                return number.longValue();
            }
        }
        throw expected("a whole number from 0 to 18446744073709551615");
    }

    /**
     * A whole number.
     *
     * @param least the least it may be, not below 0
     * @param most the most
     * @return the number
     * @throws SyntaxException if it is something else
     */
    default int number(int least, int most) throws SyntaxException {
        if (this instanceof Digits(int _, int _, String digits)
                && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                && digits.length() <= 9
                && Integer.parseInt(digits) >= least
                && Integer.parseInt(digits) <= most) {
            return Integer.parseInt(digits);
        }
        throw expected("a whole number from " + least + " to " + most);
    }

    /**
     * An object without members.
     *
     * @return members at the beginning of a text
     */
    static Members empty() {
        return new Members(1, 1, new LinkedHashMap<>());
    }
}
