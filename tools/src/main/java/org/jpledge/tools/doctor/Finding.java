package org.jpledge.tools.doctor;

/**
 * What was found out about one thing.
 *
 * @param id what it is about; a word that stays the same, such as {@code seccomp.notify}
 * @param standing how good it is
 * @param state what was found
 * @param meaning what that means for whoever uses pledge; empty where nothing need be said
 * @param remedy how to change it; empty if there is nothing to change, or no way
 */
public record Finding(String id, Standing standing, String state, String meaning, String remedy) {
    static Finding fine(String id, String state, String meaning) {
        return new Finding(id, Standing.FINE, state, meaning, "");
    }

    static Finding note(String id, String state, String meaning) {
        return new Finding(id, Standing.NOTE, state, meaning, "");
    }

    static Finding missing(String id, String state, String meaning, String remedy) {
        return new Finding(id, Standing.MISSING, state, meaning, remedy);
    }

    static Finding fatal(String id, String state, String meaning, String remedy) {
        return new Finding(id, Standing.FATAL, state, meaning, remedy);
    }
}
