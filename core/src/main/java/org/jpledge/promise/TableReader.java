package org.jpledge.promise;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.jspecify.annotations.Nullable;

/** Reads the text of a promise table; its head describes the format. What is inside parentheses is left to the rule parser. */
final class TableReader {
    private static final Set<Arch> EVERYWHERE = Set.copyOf(EnumSet.allOf(Arch.class));

    private final String text;
    private int at;
    private int line = 1;

    private final List<String> letNames = new ArrayList<>();
    private final List<String> letValues = new ArrayList<>();
    private final List<Section> sections = new ArrayList<>(64);

    /** The comment just above a section. */
    private final StringBuilder remark = new StringBuilder();

    /** The section that is being read. */
    private Section.@Nullable Kind kind;

    private List<String> words = List.of();
    private String meaning = "";
    private String extension = "";
    private List<String> differs = new ArrayList<>();
    private List<Group> groups = new ArrayList<>();

    /** The group that is being read. */
    private final StringBuilder why = new StringBuilder();

    private List<TableRule> rules = new ArrayList<>();

    TableReader(String text) {
        this.text = text;
    }

    List<Section> sections() {
        while (at < text.length()) {
            int end = endOfLine();
            if (at == end) {
                remark.setLength(0);
                nextLine(end);
            } else if (text.charAt(at) == '#') {
                comment(remark, end);
            } else if (text.charAt(at) == ' ') {
                entry(end);
            } else {
                header(end);
            }
        }
        endSection();
        return sections;
    }

    private void header(int end) {
        endSection();
        String name = word(end);
        if (name.equals("let")) {
            let(end);
            return;
        }
        Section.Kind begun = switch (name) {
            case "promise" -> Section.Kind.PROMISE;
            case "all" -> Section.Kind.ALL;
            case "any" -> Section.Kind.ANY;
            case "always" -> Section.Kind.ALWAYS;
            case "loader" -> Section.Kind.LOADER;
            case "enosys" -> Section.Kind.ENOSYS;
            case "never" -> Section.Kind.NEVER;
            default -> throw error("unknown section \"" + name + "\"");
        };
        List<String> named = new ArrayList<>(8);
        while (skipBlanks(end) && text.charAt(at) != '"') {
            named.add(word(end));
        }
        if ((begun == Section.Kind.PROMISE && named.size() != 1)
                || (begun.compareTo(Section.Kind.ANY) <= 0 && named.isEmpty())
                || (begun.compareTo(Section.Kind.ALWAYS) >= 0 && !named.isEmpty())) {
            throw error("\"" + name + "\" does not take " + named.size() + " words");
        }
        boolean quoted = at < end;
        if (quoted == (begun == Section.Kind.ALL || begun == Section.Kind.ANY)) {
            throw error("\"" + name + "\" takes " + (quoted ? "no" : "a") + " meaning");
        }
        kind = begun;
        words = named;
        meaning = quoted ? quoted(end) : remark.toString();
        remark.setLength(0);
        nextLine(end);
    }

    private void comment(StringBuilder into, int end) {
        if (!into.isEmpty()) {
            into.append(' ');
        }
        into.append(text, Math.min(at + 2, end), end);
        nextLine(end);
    }

    private void let(int end) {
        skipBlanks(end);
        letNames.add(word(end));
        if (!skipBlanks(end) || text.charAt(at) != '=') {
            throw error("\"=\" expected");
        }
        letValues.add("(" + text.substring(at + 1, end).strip() + ")");
        nextLine(end);
    }

    private void endSection() {
        endGroup();
        if (kind != null) {
            sections.add(new Section(kind, words, meaning, differs, extension, groups));
        }
        kind = null;
        extension = "";
        differs = new ArrayList<>();
        groups = new ArrayList<>();
    }

    private void endGroup() {
        if (!rules.isEmpty()) {
            groups.add(new Group(why.toString(), rules));
            rules = new ArrayList<>();
        }
        why.setLength(0);
    }

    /** One line inside a section; a rule may take several. */
    private void entry(int end) {
        if (!skipBlanks(end)) {
            nextLine(end);
            return;
        }
        if (kind == null) {
            throw error("an indented line outside any section");
        }
        if (text.charAt(at) == '#') {
            if (!rules.isEmpty()) {
                endGroup();
            }
            comment(why, end);
        } else if (text.startsWith("differs \"", at)) {
            at += "differs ".length();
            differs.add(quoted(end));
            nextLine(end);
        } else if (text.startsWith("extension \"", at)) {
            at += "extension ".length();
            extension = quoted(end);
            nextLine(end);
        } else {
            Set<Arch> where = EVERYWHERE;
            if (text.startsWith("on ", at)) {
                at += "on ".length();
                where = architectures(end);
            } else if (text.startsWith("except ", at)) {
                at += "except ".length();
                where = EnumSet.complementOf(EnumSet.copyOf(architectures(end)));
            }
            rules(where);
        }
    }

    private Set<Arch> architectures(int end) {
        Set<Arch> named = EnumSet.noneOf(Arch.class);
        while (skipBlanks(end) && text.charAt(at) != ':') {
            int from = at;
            while (at < end && text.charAt(at) != ' ' && text.charAt(at) != ':') {
                at++;
            }
            String label = text.substring(from, at);
            Optional<Arch> arch = Arch.parse(label);
            if (arch.isEmpty()) {
                throw error("unknown architecture \"" + label + "\"");
            }
            named.add(arch.get());
        }
        if (named.isEmpty() || at == end) {
            throw error("architectures and \":\" expected");
        }
        at++;
        return named;
    }

    /** The rules up to the end of the line on which the last of them ends. */
    private void rules(Set<Arch> where) {
        while (skipBlanks(endOfLine())) {
            int begun = line;
            List<String> calls = new ArrayList<>(4);
            calls.add(word(endOfLine()));
            while (at < text.length() && text.charAt(at) == '|') {
                at++;
                calls.add(word(endOfLine()));
            }
            String conditions = "";
            if (at < text.length() && text.charAt(at) == '(') {
                conditions = conditions();
            }
            String action = "";
            int end = endOfLine();
            if (skipBlanks(end) && text.startsWith("->", at)) {
                action = text.substring(at + 2, end).strip();
                at = end;
            }
            rules.add(new TableRule(calls, conditions, action, where, begun));
        }
        nextLine(at);
    }

    /** What is between an opening parenthesis and the one that closes it, on one line, with the names of `let` replaced. */
    private String conditions() {
        StringBuilder out = new StringBuilder(80);
        int depth = 0;
        do {
            if (at == text.length()) {
                throw error("\")\" expected");
            }
            char c = text.charAt(at);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            }
            if (c == '\n') {
                line++;
                at++;
                skipBlanks(text.length());
                out.append(' ');
            } else if (isWordPart(c)) {
                String word = word(text.length());
                int let = letNames.indexOf(word);
                out.append(let < 0 ? word : letValues.get(let));
            } else {
                out.append(c);
                at++;
            }
        } while (depth > 0);
        return out.toString();
    }

    private String quoted(int end) {
        StringBuilder out = new StringBuilder(end - at);
        for (int i = at + 1; i < end; i++) {
            char c = text.charAt(i);
            if (c == '"') {
                at = i + 1;
                if (skipBlanks(end)) {
                    throw error("nothing may follow the closing quotation mark");
                }
                return out.toString();
            }
            if (c == '\\') {
                i++;
            }
            out.append(text.charAt(i));
        }
        throw error("a closing quotation mark is missing");
    }

    private String word(int end) {
        int from = at;
        while (at < end && isWordPart(text.charAt(at))) {
            at++;
        }
        if (at == from) {
            throw error("a word expected");
        }
        return text.substring(from, at);
    }

    private static boolean isWordPart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }

    /** Goes to the next character that is no blank; false if that is the end. */
    private boolean skipBlanks(int end) {
        while (at < end && text.charAt(at) == ' ') {
            at++;
        }
        return at < end;
    }

    private int endOfLine() {
        int end = text.indexOf('\n', at);
        return end < 0 ? text.length() : end;
    }

    private void nextLine(int end) {
        at = end + 1;
        line++;
    }

    private RuleSyntaxException error(String message) {
        return new RuleSyntaxException(message, line, at - text.lastIndexOf('\n', at - 1));
    }
}
