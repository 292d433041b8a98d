package org.jpledge.tools.serve;

/**
 * A parameter of a method.
 *
 * @param name its name
 * @param kind what it is
 * @param isNeeded whether it has to be there
 * @param meaning one sentence
 */
public record Param(String name, Kind kind, boolean isNeeded, String meaning) {
    /** What a parameter may be. */
    public enum Kind {
        /** Text. */
        TEXT("text"),
        /** Text, or a list of texts. */
        WORDS("a text or a list of texts"),
        /** A list of texts. */
        TEXTS("a list of texts"),
        /** An object whose members are texts. */
        MAP("an object of texts"),
        /** An object of texts, or a list of texts. */
        ENTRIES("an object or a list of texts"),
        /** An object. */
        OPTIONS("an object"),
        /** A whole number, not below zero. */
        NUMBER("a whole number"),
        /** A list of whole numbers, none below zero. */
        NUMBERS("a list of whole numbers"),
        /** True or false. */
        TRUTH("true or false");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /**
         * What it is, for people.
         *
         * @return a noun with its article
         */
        public String text() {
            return text;
        }
    }

    /** One that may be left out. */
    static Param of(String name, Kind kind, String meaning) {
        return new Param(name, kind, false, meaning);
    }

    /** One that has to be there. */
    static Param needed(String name, Kind kind, String meaning) {
        return new Param(name, kind, true, meaning);
    }
}
