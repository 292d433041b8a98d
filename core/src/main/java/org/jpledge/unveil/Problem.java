package org.jpledge.unveil;

import java.util.List;
import org.jpledge.landlock.FilePath;

/** Why unveils cannot be made into a veil. */
public sealed interface Problem {
    /**
     * The word that failed.
     *
     * @return as it was written
     */
    String word();

    /**
     * Says what is wrong, and where there is one, what would be right.
     *
     * @return one line, without a full stop
     */
    String message();

    /**
     * A letter that is no permission.
     *
     * @param word the word with the letter
     * @param letter the first wrong one, as a code point
     */
    record UnknownPermission(String word, int letter) implements Problem {
        @Override
        public String message() {
            String wrong = FilePath.of(Character.toString(letter)).toString();
            String said = "unveil " + word + ": '" + wrong
                    + "' is no permission; there are r (read), w (write), x (execute) and c (create)";
            int colon = word.indexOf(':');
            return colon < 0 ? said : said + "; if the path itself has a colon, write ./" + word + " or r:" + word;
        }
    }

    /**
     * More letters than there are.
     *
     * @param word the word
     * @param letters how many
     */
    record TooManyLetters(String word, int letters) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": " + letters + " permission letters, where four are the most";
        }
    }

    /**
     * No path.
     *
     * @param word the word
     */
    record EmptyPath(String word) implements Problem {
        @Override
        public String message() {
            return word.isEmpty() ? "unveil with an empty path" : "unveil " + word + ": the path is empty";
        }
    }

    /**
     * A path that the kernel would not take.
     *
     * @param word the word
     * @param length of the path, or of a name in it, in bytes
     */
    record PathTooLong(String word, int length) implements Problem {
        private static final int SHOWN = 60;

        @Override
        public String message() {
            String start = word.length() <= SHOWN ? word : word.substring(0, SHOWN) + "…";
            return length >= Unveil.PATH_MAX
                    ? "unveil " + start + ": the path has " + length + " bytes, and " + (Unveil.PATH_MAX - 1)
                            + " are the most"
                    : "unveil " + start + ": a name in the path has " + length + " bytes, and " + Resolver.NAME_MAX
                            + " are the most";
        }
    }

    /**
     * More unveils than a veil takes.
     *
     * @param word the first one too many
     * @param unveils how many there are
     */
    record TooManyUnveils(String word, int unveils) implements Problem {
        @Override
        public String message() {
            return unveils + " unveils, and " + Unveil.MOST + " are the most: " + word
                    + " is one too many; unveil a directory instead of what lies in it";
        }
    }

    /**
     * A path that does not exist, where nothing lets it be created.
     *
     * @param word the word
     * @param path the path, resolved
     * @param directory the directory in which it would be
     * @param lacking what the directory's own unveil does not allow; CREATE among it if the path could not be created
     */
    record Missing(String word, FilePath path, FilePath directory, Permissions lacking) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": " + path
                    + " does not exist, and Landlock cannot grant rights on a name; create it, or unveil " + directory
                    + " with " + lacking;
        }
    }

    /**
     * A path of which a directory does not exist.
     *
     * @param word the word
     * @param directory what does not exist
     */
    record MissingDirectory(String word, FilePath directory) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": there is no directory " + directory;
        }
    }

    /**
     * A path through something that is no directory.
     *
     * @param word the word
     * @param file what is no directory
     */
    record NotADirectory(String word, FilePath file) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": " + file + " is not a directory";
        }
    }

    /**
     * A symbolic link to what does not exist, where nothing lets it be created.
     *
     * @param word the word
     * @param link the link
     * @param target what does not exist
     */
    record DanglingLink(String word, FilePath link, FilePath target) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": the symbolic link " + link + " points to " + target + ", which does not exist";
        }
    }

    /**
     * More symbolic links than the kernel follows.
     *
     * @param word the word
     * @param link where it was given up
     */
    record TooManyLinks(String word, FilePath link) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": too many symbolic links, the last of them " + link;
        }
    }

    /**
     * A file or directory that cannot be looked at.
     *
     * @param word the word that led there
     * @param path what cannot be looked at
     * @param reason why
     */
    record Unreadable(String word, FilePath path, String reason) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": cannot look at " + path + ": " + reason;
        }
    }

    /**
     * A directory that has to be listed, because something below it is to have less than it, and cannot be.
     *
     * @param word the word of what is to have less
     * @param directory the directory
     * @param reason why not
     */
    record Unlistable(String word, FilePath directory, String reason) implements Problem {
        @Override
        public String message() {
            return "unveil " + word + ": it allows less than " + directory
                    + ", so what lies beside it has to be granted by name, and that directory cannot be listed: "
                    + reason;
        }
    }

    /**
     * More rules than a launcher should make.
     *
     * @param rules how many there would be
     * @param costs what costs them, the most expensive first
     */
    record TooManyRules(int rules, List<Cost> costs) implements Problem {
        private static final int NAMED = 3;

        /** Takes a copy of the list. */
        public TooManyRules {
            costs = List.copyOf(costs);
        }

        @Override
        public String word() {
            return costs.getFirst().unveil().word();
        }

        @Override
        public String message() {
            StringBuilder text = new StringBuilder();
            text.append(rules)
                    .append(" Landlock rules, and ")
                    .append(Veil.MOST_RULES)
                    .append(" are the most");
            for (int i = 0; i < Math.min(NAMED, costs.size()); i++) {
                Cost cost = costs.get(i);
                text.append(i == 0 ? ": unveil " : ", unveil ")
                        .append(cost.unveil().word())
                        .append(" costs ")
                        .append(cost.rules())
                        .append(", for what lies beside it in ")
                        .append(cost.largest());
            }
            return text.toString();
        }
    }
}
