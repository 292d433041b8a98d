package org.jpledge.promise;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.FilePath;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.UnveilException;

/** Reads the inside of a section. What is in parentheses is left to the rule parser. */
final class SectionReader {
    private static final Set<Arch> EVERYWHERE = Set.copyOf(EnumSet.allOf(Arch.class));

    private final TableText here;
    private final Lets lets;

    private String extension = "";
    private final List<String> differs = new ArrayList<>(2);
    private final List<Group> groups = new ArrayList<>();

    /** The group that is being read. */
    private final StringBuilder why = new StringBuilder();

    private List<TableRule> rules = new ArrayList<>();
    private List<TablePaths> paths = new ArrayList<>();

    SectionReader(TableText here, Lets lets) {
        this.here = here;
        this.lets = lets;
    }

    /** Reads it all; to be called once. */
    Section.Body read() {
        while (!here.isEnd()) {
            int end = here.endOfLine();
            if (!here.skipBlanks(end)) {
                here.nextLine(end);
            } else if (here.peek() == '#') {
                if (!rules.isEmpty() || !paths.isEmpty()) {
                    endGroup();
                }
                here.comment(why, end);
            } else if (here.accept("differs ")) {
                differs.add(here.quoted(end));
                here.nextLine(end);
            } else if (here.accept("extension ")) {
                extension = here.quoted(end);
                here.nextLine(end);
            } else if (here.accept("on ")) {
                lines(architectures(end), end);
            } else if (here.accept("except ")) {
                lines(EnumSet.complementOf(architectures(end)), end);
            } else {
                lines(EVERYWHERE, end);
            }
        }
        endGroup();
        return new Section.Body(differs, extension, groups);
    }

    private void endGroup() {
        if (!rules.isEmpty() || !paths.isEmpty()) {
            groups.add(new Group(why.toString(), rules, paths));
            rules = new ArrayList<>();
            paths = new ArrayList<>();
        }
        why.setLength(0);
    }

    private EnumSet<Arch> architectures(int end) {
        EnumSet<Arch> named = EnumSet.noneOf(Arch.class);
        do {
            if (!here.skipBlanks(end)) {
                throw here.error("\":\" expected after the architectures");
            }
            String label = here.label(end);
            Optional<Arch> arch = Arch.parse(label);
            if (arch.isEmpty()) {
                throw here.error("unknown architecture \"" + label + "\"");
            }
            named.add(arch.get());
            here.skipBlanks(end);
        } while (!here.accept(':', end));
        return named;
    }

    private void lines(Set<Arch> where, int end) {
        here.skipBlanks(end);
        if (here.accept("path ")) {
            paths(where, end);
        } else {
            rules(where, end);
        }
    }

    private void paths(Set<Arch> where, int end) {
        here.skipBlanks(end);
        String letters = here.unbroken(end);
        List<FilePath> named = new ArrayList<>(8);
        while (here.skipBlanks(end)) {
            FilePath path = FilePath.of(here.unbroken(end));
            if (!path.isAbsolute()) {
                throw here.error("\"" + path + "\" is no absolute path");
            }
            named.add(path);
        }
        if (named.isEmpty()) {
            throw here.error("paths expected after \"" + letters + "\"");
        }
        try {
            paths.add(new TablePaths(Permissions.parse(letters), named, where, here.line()));
        } catch (UnveilException e) {
            throw here.error(String.valueOf(e.getMessage()));
        }
        here.nextLine(end);
    }

    /** The rules up to the end of the line on which the last of them ends. Calls without conditions are one rule. */
    private void rules(Set<Arch> where, int lineEnd) {
        int end = lineEnd;
        int begun = here.line();
        List<String> whole = new ArrayList<>(8);
        while (here.skipBlanks(end)) {
            int line = here.line();
            List<String> calls = new ArrayList<>(1);
            calls.add(here.word(end));
            while (here.accept('|', end)) {
                calls.add(here.word(end));
            }
            String conditions = "";
            if (here.at() < end && here.peek() == '(') {
                conditions = lets.replacedIn(here.parentheses());
                end = here.endOfLine();
            }
            String action = here.skipBlanks(end) && here.accept("->") ? here.rest(end) : "";
            if (conditions.isEmpty() && action.isEmpty()) {
                whole.addAll(calls);
            } else {
                rules.add(new TableRule(calls, conditions, action, where, line));
            }
        }
        if (!whole.isEmpty()) {
            rules.add(new TableRule(whole, "", "", where, begun));
        }
        here.nextLine(end);
    }
}
