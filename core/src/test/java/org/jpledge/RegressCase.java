package org.jpledge;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One case of a table of cases; the head of {@code regress/unveil.cases} says how they are written.
 *
 * @param name its name
 * @param statements the statements of docs/unveil.md that it is about
 * @param promises what the program promises
 * @param made the files that lie there before, beside the usual ones
 * @param held descriptors that are open before, and what they are open on
 * @param workingDirectory where the command is given
 * @param mounted a mount point below the case's directory
 * @param root the process's root directory
 * @param logging whether seccomp refuses nothing
 * @param user who the program runs as, if not anybody
 * @param rows what is done, in this order
 */
record RegressCase(
        String name,
        List<Integer> statements,
        String promises,
        List<String> made,
        SortedMap<Integer, String> held,
        String workingDirectory,
        Optional<String> mounted,
        Optional<String> root,
        boolean logging,
        Optional<String> user,
        List<Row> rows) {

    /**
     * An operation and its answers.
     *
     * @param operation the operation
     * @param openBsd what OpenBSD answers
     * @param linux what Linux answers
     * @param why the statement that says how Linux differs, if it does
     * @param without what Linux answers without a veil
     */
    record Row(String operation, String openBsd, String linux, Optional<Integer> why, String without) {
        private static final int COLUMNS = 5;

        Row {
            if (openBsd.equals(linux) == why.isPresent()) {
                throw new IllegalArgumentException("why stands where Linux differs, and only there: " + operation);
            }
        }

        private static Row of(String line) {
            String[] cells = line.split("\\|", -1);
            if (cells.length < 2 || cells.length > COLUMNS) {
                throw new IllegalArgumentException("two to five columns: " + line);
            }
            String openBsd = cells[1].strip();
            return new Row(
                    cells[0].strip(),
                    openBsd,
                    cell(cells, 2).orElse(openBsd),
                    cell(cells, 3).map(Integer::valueOf),
                    cell(cells, 4).orElse("ok"));
        }

        private static Optional<String> cell(String[] cells, int column) {
            return cells.length <= column || cells[column].isBlank()
                    ? Optional.empty()
                    : Optional.of(cells[column].strip());
        }

        /** Whether it is not the program that does it, but the launcher before. */
        boolean isUnveil() {
            return operation.startsWith("unveil ");
        }
    }

    /** The lines of one case so far. */
    static final class Lines {
        private final String name;
        private final List<Integer> statements = new ArrayList<>();
        private final List<String> made = new ArrayList<>();
        private final SortedMap<Integer, String> held = new TreeMap<>();
        private final List<Row> rows = new ArrayList<>();
        private String promises;
        private String workingDirectory = "@";
        private Optional<String> mounted = Optional.empty();
        private Optional<String> root = Optional.empty();
        private Optional<String> user = Optional.empty();
        private boolean logging;

        Lines(String head, String promises) {
            String[] parts = head.split(" : ", 2);
            this.name = parts[0];
            this.promises = promises;
            for (String number : parts[1].split(" ", -1)) {
                statements.add(Integer.valueOf(number));
            }
        }

        void add(String line) {
            if (line.contains("|")) {
                rows.add(Row.of(line));
                return;
            }
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "promises" -> promises = RegressTable.after(line);
                case "made" -> made.addAll(List.of(words).subList(1, words.length));
                case "hold" -> held.put(Integer.valueOf(words[1]), words[2]);
                case "in" -> workingDirectory = words[1];
                case "mounted" -> mounted = Optional.of(words[1]);
                case "root" -> root = Optional.of(words[1]);
                case "as" -> user = Optional.of(words[1]);
                case "by" -> logging = true;
                default -> throw new IllegalArgumentException(name + ": " + line);
            }
        }

        RegressCase asCase() {
            return new RegressCase(
                    name,
                    List.copyOf(statements),
                    promises,
                    List.copyOf(made),
                    held,
                    workingDirectory,
                    mounted,
                    root,
                    logging,
                    user,
                    List.copyOf(rows));
        }
    }
}
