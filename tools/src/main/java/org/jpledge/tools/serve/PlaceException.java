package org.jpledge.tools.serve;

/** Why there can be no server at a place: one line that names it. */
public final class PlaceException extends Exception {
    private static final long serialVersionUID = 1L;

    PlaceException(String message) {
        super(message, null, false, false);
    }
}
