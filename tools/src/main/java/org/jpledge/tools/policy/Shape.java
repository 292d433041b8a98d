package org.jpledge.tools.policy;

/** What may stand behind a key. */
enum Shape {
    PROMISES("words in quotes"),
    ACTION("an action in quotes, such as \"kill\" or \"errno EACCES\""),
    VERSION("a version of Linux in quotes, such as \"6.1\""),
    TRUTH("true or false"),
    COMMAND("a list of words in quotes"),
    FILES("the name of a file, or a list of such"),
    PORTS("a list of ports, whole numbers from 0 to 65535"),
    RULES("rules in quotes, or a list of such"),
    ARCHITECTURES("a list of architectures in quotes"),
    UNVEIL("a table of paths with letters of rwxc in quotes"),
    LIMITS("a table of limits with numbers, or sizes such as \"512m\""),
    VARIABLES("a table of names with paths in quotes"),
    FREQUENCIES("a table of system calls with whole numbers from 0 to 100000"),
    FILTERS("a table: a filter, or filters by name");

    private final String expected;

    Shape(String expected) {
        this.expected = expected;
    }

    /** What errors say is expected. */
    String expected() {
        return expected;
    }
}
