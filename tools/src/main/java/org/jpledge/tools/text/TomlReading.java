package org.jpledge.tools.text;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads TOML 1.1, but for what no policy has: dates and times, and lists of tables in double brackets. What is too deep or has
 * too many values for any policy is refused before it takes the memory.
 */
public final class TomlReading {
    private static final int DEEPEST = JsonReading.DEEPEST;
    private static final int MOST = JsonReading.MOST;

    /** How a table came to be, which decides what may be added to it. */
    private enum Origin {
        /** By a header for a table in it. */
        IMPLIED,
        /** By its own header. */
        HEADER,
        /** By a key with dots. */
        DOTTED,
        /** In braces. */
        INLINE
    }

    /** A part of a key. */
    private record Part(String word, int column) {}

    private final String text;
    private final IdentityHashMap<Map<String, Node>, Origin> origins = new IdentityHashMap<>();
    private int at;
    private int line = 1;
    private int start;
    private int depth;
    private int values;

    private TomlReading(String text) {
        this.text = text;
        at = text.startsWith("\ufeff") ? 1 : 0;
        start = at;
    }

    /**
     * Reads a text.
     *
     * @param text the whole text
     * @return the tables and values in it
     * @throws SyntaxException if it is no TOML, at the place where that shows
     */
    public static Node.Members read(String text) throws SyntaxException {
        return new TomlReading(text).document();
    }

    private Node.Members document() throws SyntaxException {
        Node.Members root = table(1, 1, Origin.HEADER);
        Node.Members current = root;
        while (true) {
            gap();
            if (at == text.length()) {
                return root;
            }
            if (text.charAt(at) == '[') {
                current = header(root);
            } else {
                assignment(current);
            }
            blank();
            if (at < text.length() && !newline() && text.charAt(at) != '#') {
                throw wrong("the end of the line is expected here, not " + shown());
            }
        }
    }

    private Node.Members table(int where, int column, Origin origin) {
        Map<String, Node> members = new LinkedHashMap<>();
        origins.put(members, origin);
        return new Node.Members(where, column, members);
    }

    private Node.Members header(Node.Members root) throws SyntaxException {
        int column = column();
        at++;
        if (at < text.length() && text.charAt(at) == '[') {
            throw new SyntaxException(line, column, "a policy has no lists of tables: [ is expected here, not [[");
        }
        blank();
        List<Part> key = key("]");
        expect(']', "] is expected after the table's name");
        Node.Members table = root;
        for (int i = 0; i < key.size(); i++) {
            boolean last = i == key.size() - 1;
            Node old = table.members().get(key.get(i).word());
            if (old == null) {
                Node.Members added = table(line, column, last ? Origin.HEADER : Origin.IMPLIED);
                put(table, key.get(i), added);
                table = added;
            } else if (old instanceof Node.Members members && origin(members) != Origin.INLINE) {
                if (last && origin(members) != Origin.IMPLIED) {
                    throw twice(key.get(i), old);
                }
                if (last) {
                    origins.put(members.members(), Origin.HEADER);
                }
                table = members;
            } else {
                throw twice(key.get(i), old);
            }
        }
        return table;
    }

    private Origin origin(Node.Members members) {
        return origins.getOrDefault(members.members(), Origin.INLINE);
    }

    private SyntaxException twice(Part part, Node old) {
        return new SyntaxException(
                line, part.column(), "\"" + part.word() + "\" is there already, in line " + old.line());
    }

    /** A key and its value. */
    private void assignment(Node.Members into) throws SyntaxException {
        List<Part> key = key("=");
        if (at == text.length() || text.charAt(at) != '=') {
            throw wrong("= is expected after the key \"" + key.getLast().word() + "\", not " + shown());
        }
        at++;
        blank();
        Node.Members table = into;
        for (Part part : key.subList(0, key.size() - 1)) {
            Node old = table.members().get(part.word());
            if (old == null) {
                Node.Members added = table(line, part.column(), Origin.DOTTED);
                put(table, part, added);
                table = added;
            } else if (old instanceof Node.Members members && origin(members) == Origin.DOTTED) {
                table = members;
            } else {
                throw twice(part, old);
            }
        }
        Node old = table.members().get(key.getLast().word());
        if (old != null) {
            throw twice(key.getLast(), old);
        }
        put(table, key.getLast(), value());
    }

    private void put(Node.Members table, Part key, Node value) throws SyntaxException {
        if (++values > MOST) {
            throw wrong("there are more than " + MOST + " values, which is no policy");
        }
        table.members().put(key.word(), value);
    }

    private List<Part> key(String end) throws SyntaxException {
        List<Part> parts = new ArrayList<>();
        while (true) {
            blank();
            int column = column();
            char c = at < text.length() ? text.charAt(at) : '\n';
            if (c == '"' || c == '\'') {
                if (text.startsWith("\"\"\"", at) || text.startsWith("'''", at)) {
                    throw wrong("a key has one quote on each side");
                }
                parts.add(new Part(string(), column));
            } else {
                int from = at;
                while (at < text.length() && isBare(text.charAt(at))) {
                    at++;
                }
                if (at == from) {
                    throw wrong(
                            (parts.isEmpty() ? "a key" : "a key after the dot") + " is expected here, not " + shown());
                }
                parts.add(new Part(text.substring(from, at), column));
            }
            if (parts.size() + depth > DEEPEST) {
                throw wrong("more than " + DEEPEST + " tables lie in one another");
            }
            blank();
            if (at == text.length() || text.charAt(at) != '.') {
                if (at < text.length() && isBare(text.charAt(at))) {
                    throw wrong(end + " is expected after the key \""
                            + parts.getLast().word() + "\", not " + shown()
                            + "; a key with spaces is written in quotes");
                }
                return parts;
            }
            at++;
        }
    }

    private static boolean isBare(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
    }

    private Node value() throws SyntaxException {
        if (++values > MOST) {
            throw wrong("there are more than " + MOST + " values, which is no policy");
        }
        int where = line;
        int column = column();
        char c = at < text.length() ? text.charAt(at) : '\n';
        return switch (c) {
            case '"', '\'' -> new Node.Text(where, column, string());
            case '[' -> list(where, column);
            case '{' -> inline(where, column);
            default -> plain(where, column);
        };
    }

    private Node list(int where, int column) throws SyntaxException {
        List<Node> items = new ArrayList<>();
        enter();
        gap();
        while (at == text.length() || text.charAt(at) != ']') {
            items.add(value());
            gap();
            if (at < text.length() && text.charAt(at) == ',') {
                at++;
                gap();
            } else if (at == text.length() || text.charAt(at) != ']') {
                throw wrong("a comma or ] is expected here, not " + shown());
            }
        }
        at++;
        depth--;
        return new Node.Items(where, column, items);
    }

    private Node inline(int where, int column) throws SyntaxException {
        Node.Members table = table(where, column, Origin.HEADER);
        enter();
        gap();
        while (at == text.length() || text.charAt(at) != '}') {
            assignment(table);
            gap();
            char c = at < text.length() ? text.charAt(at) : '\n';
            if (c != ',' && c != '}') {
                throw wrong("a comma or } is expected here, not " + shown());
            }
            if (c == ',') {
                at++;
                gap();
            }
        }
        at++;
        depth--;
        close(table);
        return table;
    }

    /** Nothing can be added to what is in braces. */
    private void close(Node.Members table) {
        origins.put(table.members(), Origin.INLINE);
        for (Node member : table.members().values()) {
            if (member instanceof Node.Members inner) {
                close(inner);
            }
        }
    }

    private void enter() throws SyntaxException {
        if (++depth > DEEPEST) {
            throw wrong("more than " + DEEPEST + " tables and lists lie in one another");
        }
        at++;
    }

    /** Truths, numbers, and what is neither. */
    private Node plain(int where, int column) throws SyntaxException {
        int from = at;
        while (at < text.length() && ",]}#= \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        if (word.equals("true") || word.equals("false")) {
            return new Node.Truth(where, column, word.equals("true"));
        }
        String number = number(word);
        if (!number.isEmpty()) {
            return new Node.Digits(where, column, number);
        }
        at = from;
        if (word.isEmpty()) {
            throw wrong("a value is expected here, not " + shown());
        }
        boolean date = word.length() > 4 && word.charAt(0) <= '9' && (word.charAt(4) == '-' || word.charAt(2) == ':');
        throw wrong(
                date
                        ? "a policy has no dates and times: " + word
                        : "a value is expected here, not " + word + "; text is written in quotes");
    }

    /** A number as others read it: whole ones in decimal. Empty if a word is none. */
    private static String number(String word) {
        boolean signed = word.startsWith("+") || word.startsWith("-");
        String digits = signed ? word.substring(1) : word;
        if (digits.equals("inf") || digits.equals("nan")) {
            return word;
        }
        int radix = 10;
        if (!signed && digits.length() > 2 && digits.charAt(0) == '0') {
            radix = switch (digits.charAt(1)) {
                case 'x' -> 16;
                case 'o' -> 8;
                case 'b' -> 2;
                default -> 10;
            };
        }
        String plain = joined(radix == 10 ? digits : digits.substring(2));
        if (plain.isEmpty()) {
            return "";
        }
        if (radix != 10) {
            try {
                return Long.toString(Long.parseLong(plain, radix));
            } catch (NumberFormatException _) {
                return "";
            }
        }
        int end = 0;
        while (end < plain.length() && isDigit(plain.charAt(end))) {
            end++;
        }
        if (end == 0 || plain.charAt(0) == '0' && end > 1) {
            return "";
        }
        String sign = word.startsWith("-") && !plain.equals("0") ? "-" : "";
        return end == plain.length() || isFraction(plain, end) ? sign + plain : "";
    }

    /** Digits without the lines between them; empty if one does not stand between two digits. */
    private static String joined(String digits) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c != '_') {
                out.append(c);
            } else if (i == 0
                    || i == digits.length() - 1
                    || Character.digit(digits.charAt(i - 1), 16) < 0
                    || Character.digit(digits.charAt(i + 1), 16) < 0) {
                return "";
            }
        }
        return out.toString();
    }

    /** Whether what follows a whole number makes it one with a fraction or an exponent. */
    private static boolean isFraction(String number, int from) {
        int i = from;
        if (number.charAt(i) == '.') {
            int digits = ++i;
            while (i < number.length() && isDigit(number.charAt(i))) {
                i++;
            }
            if (i == digits) {
                return false;
            }
        }
        if (i < number.length() && (number.charAt(i) == 'e' || number.charAt(i) == 'E')) {
            i++;
            if (i < number.length() && (number.charAt(i) == '+' || number.charAt(i) == '-')) {
                i++;
            }
            int digits = i;
            while (i < number.length() && isDigit(number.charAt(i))) {
                i++;
            }
            if (i == digits) {
                return false;
            }
        }
        return i == number.length();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private String string() throws SyntaxException {
        char quote = text.charAt(at);
        int where = line;
        int column = column();
        boolean several = text.startsWith(String.valueOf(quote).repeat(3), at);
        at += several ? 3 : 1;
        if (several) {
            newline();
        }
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == quote) {
                int quotes = quotes(quote);
                if (!several || quotes >= 3) {
                    // Two quotes may stand before the three that end it.
                    int own = several ? Math.min(quotes, 5) - 3 : 0;
                    out.append(String.valueOf(quote).repeat(own));
                    at += several ? own + 3 : 1;
                    return out.toString();
                }
                out.append(String.valueOf(quote).repeat(quotes));
                at += quotes;
            } else if (c == '\n' || c == '\r' && text.startsWith("\r\n", at)) {
                if (!several) {
                    break;
                }
                newline();
                out.append('\n');
            } else if (c == '\\' && quote == '"') {
                at++;
                escape(out, several);
            } else if (c < ' ' && c != '\t' || c == 0x7f) {
                throw wrong("a control character in a text has to be written as an escape");
            } else {
                out.append(c);
                at++;
            }
        }
        throw new SyntaxException(where, column, "this text has no closing quote");
    }

    /** How many quotes stand here. */
    private int quotes(char quote) {
        int end = at;
        while (end < text.length() && text.charAt(end) == quote) {
            end++;
        }
        return end - at;
    }

    private void escape(StringBuilder out, boolean several) throws SyntaxException {
        char c = at < text.length() ? text.charAt(at) : ' ';
        switch (c) {
            case '"', '\\' -> out.append(c);
            case 'b' -> out.append('\b');
            case 'e' -> out.append((char) 0x1b);
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'x' -> out.appendCodePoint(code(2));
            case 'u' -> out.appendCodePoint(code(4));
            case 'U' -> out.appendCodePoint(code(8));
            default -> {
                int place = at;
                blank();
                if (!several || !newline()) {
                    at = place;
                    throw wrong("no such escape: \\" + c);
                }
                blank();
                while (newline()) {
                    blank();
                }
                return;
            }
        }
        at++;
    }

    private int code(int length) throws SyntaxException {
        int code = 0;
        for (int i = 0; i < length; i++) {
            at++;
            char c = at < text.length() ? text.charAt(at) : ' ';
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw wrong("an escape \\" + (length == 2 ? "x" : length == 4 ? "u" : "U") + " has " + length
                        + " hexadecimal digits");
            }
            code = code << 4 | digit;
        }
        if (!Character.isValidCodePoint(code) || code >= 0xd800 && code <= 0xdfff) {
            throw wrong("this escape is no character");
        }
        return code;
    }

    /** Goes over spaces, comments and empty lines. */
    private void gap() throws SyntaxException {
        while (true) {
            blank();
            if (at < text.length() && text.charAt(at) == '#') {
                while (at < text.length() && text.charAt(at) != '\n') {
                    at++;
                }
            }
            if (!newline()) {
                return;
            }
        }
    }

    private void blank() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
    }

    /** Goes over the end of a line, if it is here. */
    private boolean newline() {
        int length = text.startsWith("\r\n", at) ? 2 : text.startsWith("\n", at) ? 1 : 0;
        if (length > 0) {
            at += length;
            line++;
            start = at;
        }
        return length > 0;
    }

    private void expect(char sign, String message) throws SyntaxException {
        if (at == text.length() || text.charAt(at) != sign) {
            throw wrong(message + ", not " + shown());
        }
        at++;
    }

    private int column() {
        return at - start + 1;
    }

    private String shown() {
        if (at == text.length()) {
            return "the end of the file";
        }
        char c = text.charAt(at);
        if (c == '\n' || c == '\r') {
            return "the end of the line";
        }
        return c > ' ' && c < 0x7f ? "'" + c + "'" : "character " + (int) c;
    }

    private SyntaxException wrong(String message) {
        return new SyntaxException(line, column(), message);
    }
}
