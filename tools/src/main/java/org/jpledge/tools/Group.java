package org.jpledge.tools;

/** What an option is about; help and manual page list options by it. */
enum Group {
    SANDBOX("What the program may do"),
    LIMITS("How much it may use"),
    SURROUNDINGS("What it starts with"),
    TRACING("What is traced and shown"),
    LEARNING("How it learns"),
    AUDIT("What it reports"),
    REPORT("What is told of refusals"),
    EXPLAINING("What it explains"),
    EXAMINING("What it says of the machine"),
    SERVING("How it serves"),
    FILTERS("What is read and written"),
    COMMAND("What this command does");

    private final String title;

    Group(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
