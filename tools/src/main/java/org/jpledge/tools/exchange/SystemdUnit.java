package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The settings of a unit file that say what its processes may do.
 *
 * @param settings in the order of the file
 */
record SystemdUnit(List<Setting> settings) {
    /** Sections whose units run processes. */
    private static final Set<String> RUNNING = Set.of("Service", "Socket", "Mount", "Swap");

    /**
     * A setting.
     *
     * @param key its name
     * @param value without white space around it
     * @param place where the value begins
     */
    record Setting(String key, String value, Place place) {
        /** The words of the value: separated by white space, in quotes where they hold some. */
        List<Word> words() throws ImportException {
            List<Word> words = new ArrayList<>();
            int at = 0;
            while (at < value.length()) {
                char c = value.charAt(at);
                if (c == ' ' || c == '\t') {
                    at++;
                } else {
                    at = word(at, words);
                }
            }
            return words;
        }

        private int word(int from, List<Word> words) throws ImportException {
            Place begin = new Place(place.file(), place.line(), place.column() + from);
            StringBuilder word = new StringBuilder();
            char quote = 0;
            int at = from;
            for (; at < value.length(); at++) {
                char c = value.charAt(at);
                if (c == '\\' && at + 1 < value.length()) {
                    // "\:" stays: it is for who splits the word.
                    word.append(value.charAt(at + 1) == ':' ? "\\" : "").append(value.charAt(++at));
                } else if (quote == c) {
                    quote = 0;
                } else if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (quote == 0 && (c == ' ' || c == '\t')) {
                    break;
                } else if (c == '%' && at + 1 < value.length()) {
                    if (value.charAt(++at) != '%') {
                        throw begin.wrong("the specifier %" + value.charAt(at) + " is known to systemd only");
                    }
                    word.append('%');
                } else {
                    word.append(c);
                }
            }
            if (quote != 0) {
                throw begin.wrong("the quotation that begins here does not end");
            }
            words.add(new Word(word.toString(), begin));
            return at;
        }
    }

    /**
     * A word of a value.
     *
     * @param text without quotes
     * @param place where it begins
     */
    record Word(String text, Place place) {}

    /** Copies the settings. */
    SystemdUnit {
        settings = List.copyOf(settings);
    }

    /** Whether a text has a section of units that run processes. */
    static boolean knows(String text) {
        for (String section : RUNNING) {
            int at = text.indexOf("[" + section + "]");
            if (at == 0 || at > 0 && text.charAt(at - 1) == '\n') {
                return true;
            }
        }
        return false;
    }

    /** Reads the sections of a unit file that are about processes. */
    static SystemdUnit read(String text) throws ImportException {
        List<Setting> settings = new ArrayList<>();
        boolean running = false;
        boolean found = false;
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            Place place = new Place("", i + 1, lines[i].indexOf(line) + 1);
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            if (line.startsWith("[")) {
                if (!line.endsWith("]")) {
                    throw place.wrong("a section is a name in brackets, such as [Service]");
                }
                running = RUNNING.contains(line.substring(1, line.length() - 1));
                found |= running;
                continue;
            }
            StringBuilder whole = new StringBuilder(line);
            while (whole.length() > 0 && whole.charAt(whole.length() - 1) == '\\') {
                whole.setCharAt(whole.length() - 1, ' ');
                i++;
                while (i < lines.length && isComment(lines[i])) {
                    i++;
                }
                if (i >= lines.length) {
                    throw place.wrong("the text ends after a backslash that continues it");
                }
                whole.append(lines[i].strip());
            }
            int equals = whole.indexOf("=");
            if (equals <= 0) {
                throw place.wrong("expected a section or KEY=VALUE, not \"" + line + "\"");
            }
            String value = whole.substring(equals + 1);
            int begin = place.column()
                    + equals
                    + 1
                    + (value.length() - value.stripLeading().length());
            if (running) {
                settings.add(new Setting(
                        whole.substring(0, equals).strip(), value.strip(), new Place("", place.line(), begin)));
            }
        }
        if (!found) {
            throw new Place("", 1, 1).wrong("a unit whose processes can be confined has a section [Service]");
        }
        return new SystemdUnit(settings);
    }

    private static boolean isComment(String line) {
        String stripped = line.strip();
        return stripped.startsWith("#") || stripped.startsWith(";");
    }
}
