package org.jpledge.tools.view;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.text.Rows;
import org.jspecify.annotations.Nullable;

/**
 * Which system calls are shown: an expression such as {@code open,openat}, {@code !%memory}, {@code /^get.*id$} or
 * {@code ?statx}.
 *
 * @param names the calls that are named, or that are not wanted
 * @param without whether they are not wanted
 */
public record Selection(Set<String> names, boolean without) {
    /** Every call. */
    public static final Selection ALL = new Selection(Set.of(), true);

    private static final String PREFIX = "trace=";

    /** Other words that strace has for the same. */
    private static final Map<String, String> ALIASES = Map.of("%net", "%network");

    /** Read when somebody makes a choice. */
    private static final class Known {
        static final Map<String, List<String>> CLASSES = new LinkedHashMap<>();

        static {
            for (List<String> row : Rows.of(Selection.class, "classes.table")) {
                CLASSES.put(row.getFirst(), List.copyOf(row.subList(1, row.size())));
            }
        }

        private Known() {}
    }

    /** The names of all architectures, read when somebody names a call. */
    private static final class Named {
        static final Set<String> CALLS = new TreeSet<>();

        static {
            for (Arch arch : Arch.values()) {
                CALLS.addAll(SyscallTable.of(arch).byNumber().values());
            }
        }

        private Named() {}
    }

    /** Copies the names. */
    public Selection {
        names = Set.copyOf(names);
    }

    /** An expression that cannot be understood. */
    public static final class SyntaxException extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient Optional<String> meant;

        SyntaxException(String message, Optional<String> meant) {
            super(message, null, false, false);
            this.meant = meant;
        }

        /**
         * What may have been meant.
         *
         * @return empty where nothing is like it
         */
        public Optional<String> meant() {
            return meant;
        }
    }

    /**
     * Reads expressions.
     *
     * @param expressions each a list with commas; all of them together say what is wanted
     * @return the selection; all calls if there is no expression
     * @throws SyntaxException if a word is no call, no class and no regular expression
     */
    public static Selection parse(List<String> expressions) throws SyntaxException {
        if (expressions.isEmpty()) {
            return ALL;
        }
        Set<String> names = new TreeSet<>();
        @Nullable Boolean without = null;
        for (String expression : expressions) {
            String text = expression.startsWith(PREFIX) ? expression.substring(PREFIX.length()) : expression;
            int equals = text.indexOf('=');
            if (equals > 0 && text.indexOf('/') < 0) {
                throw new SyntaxException(
                        "\"" + text.substring(0, equals) + "=\" is not understood, only " + PREFIX, Optional.empty());
            }
            boolean negated = text.startsWith("!");
            if (without != null && without != negated) {
                throw new SyntaxException(
                        "\"" + expression + "\": either all expressions begin with ! or none", Optional.empty());
            }
            without = negated;
            for (String word : words(negated ? text.substring(1) : text)) {
                add(word, names);
            }
        }
        return new Selection(names, without != null && without);
    }

    /** The words between commas; in a regular expression in braces or brackets, a comma is part of it. */
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? ',' : text.charAt(i);
            boolean pattern = start < text.length() && text.charAt(start) == '/';
            depth += pattern && (c == '{' || c == '[') ? 1 : pattern && (c == '}' || c == ']') ? -1 : 0;
            if (i == text.length() || c == ',' && depth <= 0) {
                words.add(text.substring(start, i));
                start = i + 1;
                depth = 0;
            }
        }
        return words;
    }

    private static void add(String written, Set<String> names) throws SyntaxException {
        boolean optional = written.startsWith("?");
        String word = optional ? written.substring(1) : written;
        if (word.isEmpty()) {
            throw new SyntaxException("a name of a system call is missing", Optional.empty());
        }
        if (word.startsWith("!")) {
            throw new SyntaxException(
                    "\"" + word + "\": ! stands at the beginning, and is for all that follows", Optional.empty());
        }
        switch (word) {
            case "all" -> names.addAll(Named.CALLS);
            case "none" -> {}
            default -> {
                if (word.startsWith("/")) {
                    addMatching(word.substring(1), optional, names);
                } else if (word.startsWith("%")) {
                    addClass(word, optional, names);
                } else if (Named.CALLS.contains(word)) {
                    names.add(word);
                } else if (Known.CLASSES.containsKey("%" + word)) {
                    addClass("%" + word, optional, names);
                } else if (!optional) {
                    throw new SyntaxException(
                            "\"" + word + "\" is no system call; ?" + word + " passes over it",
                            Nearest.nearest(word, Named.CALLS));
                }
            }
        }
    }

    private static void addClass(String word, boolean optional, Set<String> names) throws SyntaxException {
        List<String> members = Known.CLASSES.get(ALIASES.getOrDefault(word, word));
        if (members != null) {
            names.addAll(members);
        } else if (!optional) {
            throw new SyntaxException(
                    "\"" + word + "\" is no class of system calls; there are "
                            + String.join(" ", Known.CLASSES.keySet()),
                    Nearest.nearest(word, Known.CLASSES.keySet()));
        }
    }

    private static void addMatching(String expression, boolean optional, Set<String> names) throws SyntaxException {
        Pattern pattern;
        try {
            pattern = Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new SyntaxException(
                    "\"/" + expression + "\" is no regular expression: " + e.getDescription(), Optional.empty());
        }
        boolean found = false;
        for (String call : Named.CALLS) {
            if (pattern.matcher(call).find()) {
                names.add(call);
                found = true;
            }
        }
        if (!found && !optional) {
            throw new SyntaxException("\"/" + expression + "\" fits no system call", Optional.empty());
        }
    }

    /**
     * Whether a call is wanted.
     *
     * @param call its name
     * @return whether it is
     */
    public boolean includes(String call) {
        return names.contains(call) != without;
    }

    /**
     * Whether all calls are wanted.
     *
     * @return whether none is left out
     */
    public boolean isEverything() {
        return without && names.isEmpty();
    }

    /**
     * The calls that are wanted, of those that have names.
     *
     * @return their names
     */
    public Set<String> wanted() {
        if (!without) {
            return names;
        }
        Set<String> wanted = new TreeSet<>(Named.CALLS);
        wanted.removeAll(names);
        return wanted;
    }

    /**
     * The classes of calls, each with its percent sign.
     *
     * @return class to calls
     */
    public static Map<String, List<String>> classes() {
        return new LinkedHashMap<>(Known.CLASSES);
    }
}
