package org.jpledge.unveil;

import java.util.List;
import org.jpledge.landlock.FilePath;

/** Something in which a veil on Linux differs from what the unveils say, and would do on OpenBSD. */
public sealed interface Difference {
    /**
     * Says whether the veil allows more than the unveils say.
     *
     * @return false if it allows less
     */
    boolean allowsMore();

    /**
     * Says what is different.
     *
     * @return one line, without a full stop
     */
    String text();

    /**
     * A directory cannot have all that was asked for, because something below it is to have less. What lay in it when it was
     * read has its rights all the same; what comes later, and the making and removing of names there, has not.
     *
     * @param directory the directory
     * @param lost what it cannot have
     * @param closed whether it cannot be listed either
     * @param because what is to have less
     */
    record Carved(FilePath directory, Permissions lost, boolean closed, List<Unveil> because) implements Difference {
        /** Takes a copy of the list. */
        public Carved {
            because = List.copyOf(because);
        }

        @Override
        public boolean allowsMore() {
            return false;
        }

        @Override
        public String text() {
            StringBuilder text = new StringBuilder(directory.toString());
            if (!lost.isEmpty()) {
                text.append(lost.has(Permission.CREATE) ? ": no names can be made or removed there, and " : ": ")
                        .append("names that appear later are not ")
                        .append(lost);
            }
            if (closed) {
                text.append(lost.isEmpty() ? ": it" : ", and it").append(" cannot be listed");
            }
            text.append(", because of ");
            for (int i = 0; i < because.size(); i++) {
                text.append(i == 0 ? "" : ", ").append(because.get(i).word());
            }
            return text.toString();
        }
    }

    /**
     * A hidden directory can be listed: only the names in it are seen, not what the files hold.
     *
     * @param unveil what hides it
     * @param directory the directory
     */
    record Listable(Unveil unveil, FilePath directory) implements Difference {
        @Override
        public boolean allowsMore() {
            return true;
        }

        @Override
        public String text() {
            return directory + ": names in it can be listed, as in the directory above it; the files cannot be opened";
        }
    }

    /**
     * Something can be read, because on Linux nobody executes what he cannot read.
     *
     * @param unveil what makes it executable
     * @param path the file or directory
     */
    record ReadableToo(Unveil unveil, FilePath path) implements Difference {
        @Override
        public boolean allowsMore() {
            return true;
        }

        @Override
        public String text() {
            return path + ": what can be executed can also be read";
        }
    }

    /**
     * A single file cannot be removed or made again: on Linux that is a right of the directory.
     *
     * @param unveil what asks for it
     * @param file the file
     */
    record NameNotOwn(Unveil unveil, FilePath file) implements Difference {
        @Override
        public boolean allowsMore() {
            return false;
        }

        @Override
        public String text() {
            return file + ": cannot be removed, renamed or made again, unless its directory is unveiled with c";
        }
    }

    /**
     * Something that lies beside a carve-out cannot be looked at, and so has no rule of its own.
     *
     * @param path what it is
     * @param reason why not
     */
    record Unseen(FilePath path, String reason) implements Difference {
        @Override
        public boolean allowsMore() {
            return false;
        }

        @Override
        public String text() {
            return path
                    + ": it and what is below it has only what the directory has that it lies in, because it cannot be"
                    + " looked at: " + reason;
        }
    }

    /**
     * A path that does not exist was passed over.
     *
     * @param unveil what names it
     * @param path what does not exist
     */
    record Ignored(Unveil unveil, FilePath path) implements Difference {
        @Override
        public boolean allowsMore() {
            return false;
        }

        @Override
        public String text() {
            return unveil.word() + ": ignored, because " + path + " does not exist";
        }
    }
}
