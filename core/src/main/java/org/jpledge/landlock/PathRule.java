package org.jpledge.landlock;

/**
 * Rights on a file, or on a directory and all below it. The rule holds for the file that the path names when the ruleset is
 * made, not for the path: so it has to be opened ({@code O_PATH}) without following any symbolic link.
 *
 * @param path an absolute path without symbolic links, {@code .} or {@code ..}
 * @param directory whether it is a directory
 * @param allowed what is granted, at least one right
 * @param required whether the ruleset must not be made when there is no such path any more; a rule for what merely lay in a
 *     directory when it was read is not needed then
 */
public record PathRule(FilePath path, boolean directory, Rights<FsRight> allowed, boolean required) {
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
