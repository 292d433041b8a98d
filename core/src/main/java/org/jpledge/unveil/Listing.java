package org.jpledge.unveil;

/**
 * What happens to a readable directory in which another directory is hidden. In Landlock, whoever may list a directory may
 * list everything below it.
 */
public enum Listing {
    /** It can still be listed; and so can the hidden one, though no file in it can be opened. */
    KEPT,
    /** It cannot be listed, and neither can the hidden one. */
    CLOSED
}
