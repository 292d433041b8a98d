package org.jpledge.tools.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON, RFC 8259, and nothing else: no comments, no trailing commas, no name twice in an object. What is too deep or
 * has too many values for any policy is refused before it takes the memory.
 */
public final class JsonReading {
    /** How deep objects and lists may lie in one another. */
    public static final int DEEPEST = 64;

    /** How many values there may be in all. */
    public static final int MOST = 200_000;

    private final String text;
    private int at;
    private int line = 1;
    private int start;
    private int depth;
    private int values;

    private JsonReading(String text) {
        this.text = text;
        at = text.startsWith("\ufeff") ? 1 : 0;
        start = at;
    }

    /**
     * Reads a text that is one value.
     *
     * @param text the whole text
     * @return the value
     * @throws SyntaxException if it is no JSON, at the place where that shows
     */
    public static Node read(String text) throws SyntaxException {
        JsonReading reading = new JsonReading(text);
        reading.space();
        if (reading.at == text.length()) {
            throw reading.wrong("the file is empty");
        }
        Node value = reading.value();
        reading.space();
        if (reading.at < text.length()) {
            throw reading.wrong("nothing may follow the end of the value, but " + reading.shown() + " does");
        }
        return value;
    }

    private Node value() throws SyntaxException {
        if (++values > MOST) {
            throw wrong("there are more than " + MOST + " values, which is no policy");
        }
        int column = at - start + 1;
        int where = line;
        if (at == text.length()) {
            throw wrong("the file ends where a value is expected");
        }
        char c = text.charAt(at);
        return switch (c) {
            case '{' -> object(where, column);
            case '[' -> list(where, column);
            case '"' -> new Node.Text(where, column, string());
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
                new Node.Digits(where, column, number(column));
            default -> word(where, column);
        };
    }

    private Node object(int where, int column) throws SyntaxException {
        Map<String, Node> members = new LinkedHashMap<>();
        enter();
        boolean first = true;
        while (goesOn('}', first)) {
            first = false;
            if (at == text.length() || text.charAt(at) != '"') {
                throw wrong("a name in double quotes is expected here, not " + shown());
            }
            int nameColumn = at - start + 1;
            String name = string();
            if (members.containsKey(name)) {
                throw new SyntaxException(line, nameColumn, "\"" + name + "\" is named twice in this object");
            }
            space();
            if (at == text.length() || text.charAt(at) != ':') {
                throw wrong("a colon is expected after the name \"" + name + "\", not " + shown());
            }
            at++;
            space();
            members.put(name, value());
        }
        return new Node.Members(where, column, members);
    }

    private Node list(int where, int column) throws SyntaxException {
        List<Node> items = new ArrayList<>();
        enter();
        while (goesOn(']', items.isEmpty())) {
            items.add(value());
        }
        return new Node.Items(where, column, items);
    }

    private void enter() throws SyntaxException {
        if (++depth > DEEPEST) {
            throw wrong("more than " + DEEPEST + " objects and lists lie in one another");
        }
        at++;
        space();
    }

    /** Goes to the next element, or over the closing bracket. */
    private boolean goesOn(char close, boolean first) throws SyntaxException {
        space();
        if (at < text.length() && text.charAt(at) == close) {
            at++;
            depth--;
            return false;
        }
        if (!first) {
            if (at == text.length() || text.charAt(at) != ',') {
                throw wrong("a comma or " + close + " is expected here, not " + shown());
            }
            at++;
            space();
            if (at < text.length() && text.charAt(at) == close) {
                throw wrong("there is a comma with nothing after it before this " + close);
            }
        }
        return true;
    }

    private String string() throws SyntaxException {
        StringBuilder out = new StringBuilder();
        int column = at - start + 1;
        at++;
        while (true) {
            if (at == text.length()) {
                throw new SyntaxException(line, column, "this text has no closing quote");
            }
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return out.toString();
            }
            if (c < ' ') {
                throw wrong(
                        "a control character in a text has to be written as an escape; or is there a quote missing?");
            }
            at++;
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() throws SyntaxException {
        char c = at < text.length() ? text.charAt(at) : ' ';
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> code();
            default -> {
                at--;
                throw wrong("no such escape: \\" + c);
            }
        };
    }

    private char code() throws SyntaxException {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0 || text.charAt(at) > 'f') {
                throw wrong("an escape \\u has four hexadecimal digits");
            }
            code = code << 4 | digit;
            at++;
        }
        return (char) code;
    }

    private String number(int column) throws SyntaxException {
        int from = at;
        if (text.charAt(at) == '-') {
            at++;
        }
        int digits = at;
        digits();
        boolean right = at > digits && (at == digits + 1 || text.charAt(digits) != '0');
        if (right && at < text.length() && text.charAt(at) == '.') {
            int fraction = ++at;
            digits();
            right = at > fraction;
        }
        if (right && at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            int exponent = at;
            digits();
            right = at > exponent;
        }
        if (!right || at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            throw new SyntaxException(line, column, "this is no number as JSON writes it");
        }
        return text.substring(from, at);
    }

    private void digits() {
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
    }

    private Node word(int where, int column) throws SyntaxException {
        int end = at;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        Node value = switch (text.substring(at, end)) {
            case "true" -> new Node.Truth(where, column, true);
            case "false" -> new Node.Truth(where, column, false);
            case "null" -> new Node.Nothing(where, column);
            default -> throw wrong("a value is expected here, not " + shown());
        };
        at = end;
        return value;
    }

    private void space() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\n') {
                line++;
                start = at + 1;
            } else if (c != ' ' && c != '\t' && c != '\r') {
                return;
            }
            at++;
        }
    }

    private String shown() {
        if (at == text.length()) {
            return "the end of the file";
        }
        char c = text.charAt(at);
        return c > ' ' && c < 0x7f ? "'" + c + "'" : "character " + (int) c;
    }

    private SyntaxException wrong(String message) {
        return new SyntaxException(line, at - start + 1, message);
    }
}
