package org.jpledge.unveil;

import java.io.IOException;
import java.util.List;
import org.jpledge.landlock.FilePath;

/** What a veil has to know of a file system. All paths are absolute; of a path's names, only the last may be a symbolic link. */
public interface FileTree {
    /**
     * Looks at a path, without following it if it is a symbolic link.
     *
     * @param path the path
     * @return what is there
     * @throws IOException if it cannot be looked at
     */
    FileKind kind(FilePath path) throws IOException;

    /**
     * Reads a symbolic link.
     *
     * @param link the link
     * @return where it points, absolute or not
     * @throws IOException if it cannot be read
     */
    FilePath target(FilePath link) throws IOException;

    /**
     * Lists a directory.
     *
     * @param directory the directory
     * @return the names in it, without {@code .} and {@code ..}, in any order
     * @throws IOException if it cannot be listed
     */
    List<FilePath> names(FilePath directory) throws IOException;
}
