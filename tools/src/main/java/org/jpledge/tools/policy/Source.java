package org.jpledge.tools.policy;

import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Words;

/**
 * A file that is read.
 *
 * @param where its path, a word: its characters are bytes
 * @param text all of it
 */
record Source(String where, String text) {
    /** A place where rules stand. */
    record Place(Source source, Node.Text value) {}

    /** What is wrong at a place. */
    PolicyException error(int line, int column, String reason) {
        return new PolicyException(Words.text(where) + ":" + line + ":" + column + ": " + reason);
    }

    PolicyException error(SyntaxException wrong) {
        return error(wrong.line(), wrong.column(), wrong.reason());
    }

    PolicyException error(Node at, String reason) {
        return error(at.line(), at.column(), reason);
    }

    /** What is wrong in rules that are a value of this file. */
    PolicyException error(Node.Text rules, RuleSyntaxException wrong) {
        String reason = String.valueOf(wrong.getMessage());
        int begin = offset(rules.line(), rules.column());
        String quotes = begin < text.length() ? text.substring(begin, Math.min(begin + 3, text.length())) : "";
        boolean several = quotes.equals("\"\"\"") || quotes.equals("'''");
        int line = rules.line();
        int column = rules.column() + (several ? 3 : 1);
        int content = begin + (several ? 3 : 1);
        if (several && text.startsWith("\n", content) || text.startsWith("\r\n", content)) {
            line++;
            column = 1;
            content = text.indexOf('\n', content) + 1;
        }
        // What is written with escapes has other places in the file than in the text.
        if (!text.startsWith(rules.text(), content)) {
            return error(rules, reason + " (in line " + wrong.line() + " of these rules)");
        }
        return error(line + wrong.line() - 1, wrong.line() == 1 ? column + wrong.column() - 1 : wrong.column(), reason);
    }

    private int offset(int line, int column) {
        int at = 0;
        for (int i = 1; i < line; i++) {
            at = text.indexOf('\n', at) + 1;
        }
        return at + column - 1;
    }
}
