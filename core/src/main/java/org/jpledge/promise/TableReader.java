package org.jpledge.promise;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the sections in the text of a promise table, whose head describes the format. What is inside a section is left to the
 * time when somebody asks for it: most promises are not made by most programs.
 */
final class TableReader {
    private final String text;
    private final TableText here;
    private final Lets lets = new Lets();
    private final List<Section> sections = new ArrayList<>(64);

    /** The comment just above a section. */
    private final StringBuilder remark = new StringBuilder();

    /** The section that is being read. */
    private Section.@Nullable Kind kind;

    private List<String> words = List.of();
    private String meaning = "";
    private int body;
    private int bodyLine;

    TableReader(String text) {
        this.text = text;
        this.here = new TableText(text, 0, text.length(), 1);
    }

    List<Section> sections() {
        while (!here.isEnd()) {
            int end = here.endOfLine();
            char first = end == here.at() ? '\n' : here.peek();
            if (first == ' ') {
                if (kind == null) {
                    throw here.error("an indented line outside any section");
                }
                here.nextLine(end);
            } else if (first == '\n') {
                remark.setLength(0);
                here.nextLine(end);
            } else if (first == '#') {
                here.comment(remark, end);
            } else {
                endSection();
                header(end);
            }
        }
        endSection();
        return sections;
    }

    private void header(int end) {
        String name = here.word(end);
        if (name.equals("let")) {
            here.skipBlanks(end);
            String let = here.word(end);
            if (!here.skipBlanks(end) || !here.accept('=', end)) {
                throw here.error("\"=\" expected");
            }
            lets.add(let, here.rest(end));
            here.nextLine(end);
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
            default -> throw here.error("unknown section \"" + name + "\"");
        };
        List<String> named = new ArrayList<>(8);
        while (here.skipBlanks(end) && here.peek() != '"') {
            named.add(here.word(end));
        }
        boolean quoted = here.skipBlanks(end);
        check(begun, name, named.size(), quoted);
        kind = begun;
        words = named;
        meaning = quoted ? here.quoted(end) : remark.toString();
        remark.setLength(0);
        here.nextLine(end);
        body = Math.min(here.at(), text.length());
        bodyLine = here.line();
    }

    private void check(Section.Kind begun, String name, int named, boolean quoted) {
        boolean combines = begun == Section.Kind.ALL || begun == Section.Kind.ANY;
        boolean right = begun == Section.Kind.PROMISE ? named == 1 : combines == (named > 0);
        if (!right) {
            throw here.error("\"" + name + "\" does not take " + named + " words");
        }
        if (quoted == combines) {
            throw here.error("\"" + name + "\" takes " + (quoted ? "no" : "a") + " meaning");
        }
    }

    private void endSection() {
        if (kind != null) {
            int end = Math.min(here.at(), text.length());
            sections.add(new Section(
                    kind, words, meaning, new SectionReader(new TableText(text, body, end, bodyLine), lets)));
        }
        kind = null;
    }
}
