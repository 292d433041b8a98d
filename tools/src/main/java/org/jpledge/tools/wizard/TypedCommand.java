package org.jpledge.tools.wizard;

import java.util.ArrayList;
import java.util.List;

/** A command that was typed as one line. No shell reads it: quotes and backslashes are understood, and what only a shell can do is refused. */
public final class TypedCommand {
    /** What a shell makes something else of, unless it is quoted. */
    private static final String SPECIAL = "|&;<>()$`*?[";

    private TypedCommand() {}

    /**
     * The words of a line.
     *
     * @param line what was typed
     * @return the program and its arguments
     * @throws AnswerException if there are none, a quote is open, or a shell is needed
     */
    public static List<String> words(String line) throws AnswerException {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean begun = false;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            boolean escaped =
                    c == '\\' && quote != '\'' && i + 1 < line.length() && isEscaped(line.charAt(i + 1), quote);
            if (escaped) {
                i++;
                word.append(line.charAt(i));
                begun = true;
            } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote == 0 ? c : 0;
                begun = true;
            } else if (quote == 0 && (c == ' ' || c == '\t')) {
                if (begun) {
                    words.add(word.toString());
                }
                word.setLength(0);
                begun = false;
            } else if (isSpecial(c, quote, begun)) {
                throw new AnswerException(
                        c
                                + " is for a shell, and none is used: put it into single quotes, or name one, as in sh -c '...'");
            } else {
                word.append(c);
                begun = true;
            }
        }
        if (quote != 0) {
            throw new AnswerException("a quote is not closed: " + quote);
        }
        if (begun) {
            words.add(word.toString());
        }
        if (words.isEmpty()) {
            throw new AnswerException("a program is needed, with its arguments if there are any");
        }
        return words;
    }

    private static boolean isEscaped(char next, char quote) {
        return quote == 0 || "\"\\$`".indexOf(next) >= 0;
    }

    private static boolean isSpecial(char c, char quote, boolean begun) {
        return switch (quote) {
            case '\'' -> false;
            case '"' -> c == '$' || c == '`';
            default -> SPECIAL.indexOf(c) >= 0 || !begun && (c == '~' || c == '#');
        };
    }
}
