package org.jpledge.tools.need;

import java.util.Locale;

/** Where letters are needed, for a path that a call is given. */
enum Place {
    /** The file itself. */
    AT("use"),
    /** The directory in which the name is made. */
    MAKES("make"),
    /** The directory from which the name is removed. */
    REMOVES("remove"),
    /** The directory of a name that gets another one in another directory. */
    ACROSS("link");

    private static final Place[] ALL = values();

    private final String meaning;

    Place(String meaning) {
        this.meaning = meaning;
    }

    /** What is done there. */
    String meaning() {
        return meaning;
    }

    static Place of(String word) {
        for (Place place : ALL) {
            if (place.name().toLowerCase(Locale.ROOT).equals(word)) {
                return place;
            }
        }
        throw new IllegalArgumentException("no place: " + word);
    }
}
