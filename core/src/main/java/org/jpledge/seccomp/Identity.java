package org.jpledge.seccomp;

/**
 * The numbers of one process that rules may refer to.
 *
 * @param pid its process id
 * @param uid its real user id
 * @param gid its real group id
 */
public record Identity(int pid, int uid, int gid) {
    /**
     * What a variable stands for in this process.
     *
     * @param variable the variable
     * @return its 32 bits
     */
    public int of(Variable variable) {
        return switch (variable) {
            case PID -> pid;
            case UID -> uid;
            case GID -> gid;
        };
    }
}
