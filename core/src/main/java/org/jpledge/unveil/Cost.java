package org.jpledge.unveil;

import org.jpledge.landlock.FilePath;

/**
 * The rules that an unveil takes because it allows less than a directory above it.
 *
 * @param unveil the unveil
 * @param rules how many, for all directories on the way to it; other unveils that lie there may need the same ones
 * @param largest the directory on the way that has the most names
 */
public record Cost(Unveil unveil, int rules, FilePath largest) {}
