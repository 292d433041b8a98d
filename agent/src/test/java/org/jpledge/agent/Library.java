package org.jpledge.agent;

/** In a jar of its own, that only the manifest of the application's jar names. */
final class Library {
    private Library() {}

    static String greeting(String whom) {
        return "hello " + whom;
    }
}
