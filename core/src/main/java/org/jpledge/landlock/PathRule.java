package org.jpledge.landlock;

/**
 * Rights on a file, or on a directory and all below it. The rule holds for the file that the path names when the ruleset is
 * made, not for the path: it is opened ({@code O_PATH}) then.
 *
 * @param path an absolute path; unless it is the system's, without symbolic links, {@code .} and {@code ..}
 * @param directory whether it is a directory
 * @param allowed what is granted, at least one right
 * @param presence what happens if there is no such path any more when the ruleset is made
 */
public record PathRule(FilePath path, boolean directory, Rights<FsRight> allowed, Presence presence) {
    /** What a rule expects of its path when the ruleset is made. */
    public enum Presence {
        /** That it is there, of the type that the rule says, and no symbolic link: otherwise there is no ruleset. */
        REQUIRED,
        /** Nothing: the name merely lay there. If it is missing, of another type or a symbolic link, the rule is left out. */
        OPTIONAL,
        /**
         * Nothing: a promise or the dynamic linker implies it, wherever the system has it. Symbolic links are followed, all of
         * them; if what they lead to is missing or of another type, the rule is left out.
         */
        SYSTEM
    }

    /** Checks what the kernel would refuse. */
    public PathRule {
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException(path + " is not absolute");
        }
        if (allowed.isEmpty()) {
            throw new IllegalArgumentException("a rule on " + path + " that grants nothing");
        }
        if (!directory && !FsRight.ON_FILES.hasAll(allowed)) {
            throw new IllegalArgumentException(path + " is no directory, where "
                    + allowed.minus(FsRight.ON_FILES).list(FsRight.values()) + " mean nothing");
        }
    }
}
