package org.jpledge.tools.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads YAML as resources of Kubernetes are written: mappings and lists by indentation or in brackets, plain and quoted values,
 * blocks of text, comments. What makes values depend on other places (anchors, aliases, tags, merge keys) is refused, so a short
 * text is a small value. Of several documents the first is read.
 */
public final class YamlReading {
    /** A line that says something. */
    private record Line(int number, int indent, String text) {}

    private final List<Line> lines = new ArrayList<>();
    private int at;
    private int values;
    private int depth;

    private YamlReading(String text) throws SyntaxException {
        int number = 0;
        boolean begun = false;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw;
            if (line.startsWith("---") || line.equals("...")) {
                if (begun) {
                    break;
                }
                continue;
            }
            int indent = 0;
            while (indent < line.length() && line.charAt(indent) == ' ') {
                indent++;
            }
            if (indent < line.length() && line.charAt(indent) == '\t') {
                throw new SyntaxException(number, indent + 1, "YAML is indented by spaces, not by tabs");
            }
            begun |= indent < line.length() && line.charAt(indent) != '#';
            lines.add(new Line(number, indent, line.substring(indent)));
        }
    }

    /**
     * Reads a text.
     *
     * @param text the whole text
     * @return its first document
     * @throws SyntaxException if it is not understood, at the place where that shows
     */
    public static Node read(String text) throws SyntaxException {
        YamlReading reading = new YamlReading(text);
        reading.skip();
        if (reading.at == reading.lines.size()) {
            throw new SyntaxException(1, 1, "the file is empty");
        }
        Node node = reading.block(reading.line().indent());
        reading.skip();
        if (reading.at < reading.lines.size()) {
            throw reading.wrong(0, "this line is indented like none before it");
        }
        return node;
    }

    private Line line() {
        return lines.get(at);
    }

    private SyntaxException wrong(int offset, String message) {
        return new SyntaxException(line().number(), line().indent() + offset + 1, message);
    }

    /** Goes over empty lines and comments. */
    private void skip() {
        while (at < lines.size() && (line().text().isBlank() || line().text().startsWith("#"))) {
            at++;
        }
    }

    private Node block(int indent) throws SyntaxException {
        if (++depth > JsonReading.DEEPEST) {
            throw wrong(0, "more than " + JsonReading.DEEPEST + " mappings and lists lie in one another");
        }
        String text = line().text();
        Node node;
        if (text.equals("-") || text.startsWith("- ")) {
            node = list(indent);
        } else if (colon(text) >= 0) {
            node = mapping(indent);
        } else {
            node = scalar(line().number(), indent + 1, text);
            at++;
        }
        depth--;
        return node;
    }

    private Node list(int indent) throws SyntaxException {
        int number = line().number();
        List<Node> items = new ArrayList<>();
        while (at < lines.size() && line().indent() == indent && line().text().matches("-( .*)?")) {
            String rest = line().text().substring(1);
            String value = rest.stripLeading();
            if (value.isEmpty() || value.startsWith("#")) {
                int dash = line().number();
                at++;
                skip();
                items.add(
                        at < lines.size() && line().indent() > indent
                                ? block(line().indent())
                                : new Node.Nothing(dash, indent + 1));
            } else {
                // What follows the dash is a block that is indented as far as it stands.
                int inner = indent + 1 + rest.length() - value.length();
                lines.set(at, new Line(line().number(), inner, value));
                items.add(block(inner));
            }
            skip();
        }
        return new Node.Items(number, indent + 1, items);
    }

    private Node mapping(int indent) throws SyntaxException {
        int number = line().number();
        Map<String, Node> members = new LinkedHashMap<>();
        while (at < lines.size() && line().indent() == indent && !line().text().matches("-( .*)?")) {
            String text = line().text();
            int colon = colon(text);
            if (colon < 0) {
                throw wrong(0, "\"NAME: VALUE\" is expected here");
            }
            String name = unquoted(
                    line().number(), indent + 1, text.substring(0, colon).strip());
            if (members.containsKey(name)) {
                throw wrong(0, "\"" + name + "\" is named twice here");
            }
            members.put(name, value(indent, text.substring(colon + 1), colon + 1));
            skip();
        }
        return new Node.Members(number, indent + 1, members);
    }

    /** What stands behind a colon, or on the lines below it. */
    private Node value(int indent, String rest, int offset) throws SyntaxException {
        String value = rest.stripLeading();
        int number = line().number();
        int column = indent + offset + rest.length() - value.length() + 1;
        if (value.startsWith("|") || value.startsWith(">")) {
            at++;
            return text(number, column, indent, value.charAt(0) == '|' ? "\n" : " ");
        }
        if (!value.isEmpty() && !value.startsWith("#")) {
            Node node = scalar(number, column, value);
            at++;
            return node instanceof Node.Text(int _, int _, String begun) && "\"'".indexOf(value.charAt(0)) < 0
                    ? new Node.Text(number, column, begun + further(indent))
                    : node;
        }
        at++;
        skip();
        if (at < lines.size()
                && (line().indent() > indent
                        || line().indent() == indent && line().text().matches("-( .*)?"))) {
            return block(line().indent());
        }
        return new Node.Nothing(number, column);
    }

    /** The lines on which a plain text goes on. */
    private String further(int indent) {
        StringBuilder out = new StringBuilder();
        while (at < lines.size() && !line().text().isBlank() && line().indent() > indent) {
            out.append(' ').append(line().text().strip());
            at++;
        }
        return out.toString();
    }

    private Node text(int number, int column, int indent, String between) {
        StringBuilder out = new StringBuilder();
        while (at < lines.size() && (line().text().isEmpty() || line().indent() > indent)) {
            out.append(out.isEmpty() ? "" : between).append(line().text());
            at++;
        }
        return new Node.Text(number, column, out.toString().strip());
    }

    /** Where a name ends: at a colon with nothing or a space behind it, outside quotes. */
    private static int colon(String text) {
        if (text.startsWith("[") || text.startsWith("{")) {
            return -1;
        }
        char quote = text.startsWith("\"") || text.startsWith("'") ? text.charAt(0) : 0;
        int from = quote == 0 ? 0 : Math.max(0, text.indexOf(quote, 1));
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) == '#' && i > 0 && text.charAt(i - 1) == ' ') {
                return -1;
            }
            if (text.charAt(i) == ':' && (i + 1 == text.length() || text.charAt(i + 1) == ' ')) {
                return i;
            }
        }
        return -1;
    }

    private Node scalar(int number, int column, String text) throws SyntaxException {
        if (++values > JsonReading.MOST) {
            throw new SyntaxException(
                    number, column, "there are more than " + JsonReading.MOST + " values, which is no policy");
        }
        char first = text.charAt(0);
        if (first == '[' || first == '{') {
            return flow(number, column, text);
        }
        if ("&*!%@`".indexOf(first) >= 0) {
            throw new SyntaxException(
                    number, column, "anchors, aliases and tags of YAML are not read: write the value itself");
        }
        String plain = first == '"' || first == '\''
                ? text.strip()
                : text.replaceFirst("\\s+#.*$", "").strip();
        String value = unquoted(number, column, plain);
        if (first == '"' || first == '\'') {
            return new Node.Text(number, column, value);
        }
        return switch (value) {
            case "null", "~" -> new Node.Nothing(number, column);
            case "true", "false" -> new Node.Truth(number, column, value.equals("true"));
            default ->
                value.matches("-?[0-9]+")
                        ? new Node.Digits(number, column, value)
                        : new Node.Text(number, column, value);
        };
    }

    private static String unquoted(int number, int column, String text) throws SyntaxException {
        if (!text.startsWith("\"") && !text.startsWith("'")) {
            return text;
        }
        int end = text.indexOf(text.charAt(0), 1);
        String after = end < 0 ? "" : text.substring(end + 1).strip();
        if (end < 0 || !after.isEmpty() && !after.startsWith("#") || text.lastIndexOf('\\', end) >= 0) {
            throw new SyntaxException(
                    number, column, "a value in quotes ends on its line, and is read without escapes");
        }
        return text.substring(1, end);
    }

    /** A list or mapping in brackets, on one line: plain words are put into quotes, then it is JSON. */
    private static Node flow(int number, int column, String text) throws SyntaxException {
        StringBuilder json = new StringBuilder();
        int i = 0;
        while (i < text.length() && text.charAt(i) != '#') {
            char c = text.charAt(i);
            int end = i + 1;
            if (c == '"' || c == '\'') {
                end = text.indexOf(c, i + 1) + 1;
                if (end == 0) {
                    throw new SyntaxException(number, column + i, "this value has no closing quote");
                }
                json.append('"').append(text, i + 1, end - 1).append('"');
            } else if ("[]{},: ".indexOf(c) >= 0) {
                json.append(c);
            } else {
                while (end < text.length() && "[]{},: ".indexOf(text.charAt(end)) < 0) {
                    end++;
                }
                String word = text.substring(i, end);
                json.append(word.matches("-?[0-9]+|true|false|null") ? word : "\"" + word + "\"");
            }
            i = end;
        }
        try {
            return JsonReading.read(json.toString());
        } catch (SyntaxException e) {
            throw new SyntaxException(
                    number, column, "this is not closed on its line, or not as YAML has it: " + e.reason());
        }
    }
}
