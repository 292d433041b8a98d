package org.jpledge.unveil;

import org.jpledge.landlock.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * What an unveil's path turned out to be.
 *
 * @param unveil the unveil
 * @param path the path without symbolic links
 * @param kind a directory, something else, or missing
 * @param link the symbolic link that led to what is missing, if one did
 */
record Place(
        Unveil unveil,
        FilePath path,
        FileKind kind,
        @Nullable FilePath link) {}
