package org.jpledge.tools.html;

/** What was done to a path, in the order in which the page counts it. */
enum Deed {
    READ,
    WRITE,
    CREATE,
    EXECUTE,
    REFUSED,
    /** Neither opened nor changed: its name or its metadata were asked for. */
    LOOKED_AT,
    /** By the dynamic linker, before the program's entry point. */
    LINKED
}
