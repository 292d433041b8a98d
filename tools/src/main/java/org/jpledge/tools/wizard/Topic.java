package org.jpledge.tools.wizard;

/** What is asked about, in the order of the interview. */
public enum Topic {
    /** What the policy is called. */
    NAME(
            "Name of the policy",
            "Letters, digits, dots and dashes; the policy can be found by it, and exported filters have it."),

    /** Promises. */
    PROMISES(
            "Promises",
            "Words separated by spaces: what the program may do. Those suggested are what it was seen to need; pledge explain"
                    + " says what each allows. - stands for none at all, which lets it do nothing but end."),

    /** Paths, one by one. */
    PATHS(
            "A path to change, or nothing",
            "PERMS:PATH unveils a path, with letters of r (read), w (write), x (execute), c (create and remove); -PATH takes one"
                    + " from the list; an empty line goes on. Without any path in the list, all files are as visible as the"
                    + " promises say."),

    /** Ports of others. */
    CONNECT("Ports to connect to", "Numbers separated by commas; any: all of them; none: no port at all."),

    /** Own ports. */
    BIND("Ports of its own", "Numbers separated by commas; any: all of them; none: no port at all."),

    /** Violations. */
    VIOLATION(
            "What happens to a call that is not promised",
            "errno NAME: it fails with this error; kill, trap and log do what they say."),

    /** Whether there are rules for single calls. */
    MORE(
            "Add a rule for a single system call",
            "y or n. Rules stand before the promises: the first that matches decides."),

    /** The call. */
    CALL("System call", "Its name, as strace has it; pledge explain NAME says what arguments it has."),

    /** An argument. */
    ARGUMENT(
            "Argument to compare, or nothing",
            "One of the call's arguments, by name or as arg0 to arg5. An empty line ends the comparisons: the rule is about calls"
                    + " for which all of them hold, and about every call if there is none."),

    /** How much of it. */
    SIZE(
            "Size of the argument in bits",
            "32 or 64: how much of the register is compared. What is suggested is what the kernel looks at."),

    /** How. */
    COMPARISON(
            "Comparison",
            "==, !=, <, <=, > or >=, all without sign; & compares some bits only: the next question is which; in: one of several"
                    + " values, in braces."),

    /** Which bits. */
    MASK("Bits to compare", "A number or names of constants with | between them, such as O_ACCMODE or 0xff."),

    /** With what. */
    VALUE("Value", "A number, or names of constants with | between them, such as AF_UNIX or 0x5413; in braces for in."),

    /** What then. */
    ACTION("What happens to such a call", "allow, errno NAME, kill, kill-thread, trap, log."),

    /** Where the policy is written. */
    SAVE("File to write the policy to", "A path; - for none. ./pledge --policy FILE uses it."),

    /** Whether to start it. */
    RUN("Run it now", "y or n.");

    private final String text;
    private final String help;

    Topic(String text, String help) {
        this.text = text;
        this.help = help;
    }

    String text() {
        return text;
    }

    String help() {
        return help;
    }
}
