package org.jpledge.unveil;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jpledge.landlock.FilePath;
import org.jspecify.annotations.Nullable;

/** A name that an unveil's path went through, by where it lies: a tree with the root of the file system on top. */
final class Name {
    final FilePath path;
    /** The directory that it lies in; of the root, itself. */
    final Name above;

    final Map<FilePath, Name> below = new LinkedHashMap<>();

    /** What is there, once it has been looked at. */
    @Nullable
    FileKind kind;

    /** The unveil of this very path. */
    @Nullable
    Unveil unveil;

    /** The symbolic link that led to this name, if it is missing. */
    @Nullable
    FilePath link;

    /** Whether this path is unveiled, or something below it. */
    boolean leadsToUnveil;

    /** What the unveil counts for; see {@link Carving}. */
    int permissions;

    /** What every unveil below leaves to this directory as a whole. */
    int left;

    /** The root. */
    Name() {
        this.path = FilePath.ROOT;
        this.above = this;
        this.kind = FileKind.DIRECTORY;
    }

    private Name(FilePath path, Name above) {
        this.path = path;
        this.above = above;
    }

    /** The name in this directory. */
    Name child(FilePath name) {
        @Nullable Name child = below.get(name);
        if (child == null) {
            child = new Name(path.child(name), this);
            below.put(name, child);
        }
        return child;
    }

    void unveil(Unveil call) {
        unveil = call;
        for (Name at = this; !at.leadsToUnveil; at = at.above) {
            at.leadsToUnveil = true;
        }
    }

    /** The nearest unveil of a directory above. */
    @Nullable
    Unveil unveilAbove() {
        Name at = this;
        while (at.above != at) {
            at = at.above;
            if (at.unveil != null) {
                return at.unveil;
            }
        }
        return null;
    }
}
