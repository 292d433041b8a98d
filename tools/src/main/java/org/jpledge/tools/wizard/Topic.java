package org.jpledge.tools.wizard;

/** What is asked about, in the order of the interview. */
public enum Topic {
    /** What is to be confined, where nobody has said it. */
    COMMAND(
            Form.FILE,
            "Command to confine",
            "A program and its arguments. Quotes and backslashes are as in a shell, but no shell reads it: for pipes and the like,"
                    + " write sh -c '...'. It is tried once, contained."),

    /** What the policy is called. */
    NAME(
            Form.WORD,
            "Name of the policy",
            "Letters, digits, dots and dashes; the policy can be found by it, and exported filters have it."),

    /** Promises. */
    PROMISES(
            Form.WORDS,
            "Promises",
            "Words separated by spaces: what the program may do. Those suggested are what it was seen to need; pledge explain"
                    + " says what each allows. - stands for none at all, which lets it do nothing but end."),

    /** Paths, one by one. */
    PATHS(
            Form.UNVEIL,
            "A path to change, or nothing",
            "PERMS:PATH unveils a path, with letters of r (read), w (write), x (execute), c (create and remove); -PATH takes one"
                    + " from the list; an empty line goes on. Without any path in the list, all files are as visible as the"
                    + " promises say."),

    /** Ports of others. */
    CONNECT(
            Form.NUMBERS,
            "Ports to connect to",
            "Numbers separated by commas; any: all of them; none: no port at all."),

    /** Own ports. */
    BIND(Form.NUMBERS, "Ports of its own", "Numbers separated by commas; any: all of them; none: no port at all."),

    /** Violations. */
    VIOLATION(
            Form.WORD,
            "What happens to a call that is not promised",
            "errno NAME: it fails with this error; kill, trap and log do what they say."),

    /** Whether there are rules for single calls. */
    MORE(
            Form.WORD,
            "Add a rule for a single system call",
            "y or n. Rules stand before the promises, those that refuse before those that allow; of several the first that"
                    + " matches decides."),

    /** The call. */
    CALL(Form.WORD, "System call", "Its name, as strace has it; pledge explain NAME says what arguments it has."),

    /** An argument. */
    ARGUMENT(
            Form.WORD,
            "Argument to compare, or nothing",
            "One of the call's arguments, by name or as arg0 to arg5. An empty line ends the comparisons: the rule is about calls"
                    + " for which all of them hold, and about every call if there is none."),

    /** How much of it. */
    SIZE(
            Form.WORD,
            "Size of the argument in bits",
            "32 or 64: how much of the register is compared. What is suggested is what the kernel looks at."),

    /** How. */
    COMPARISON(
            Form.WORD,
            "Comparison",
            "==, !=, <, <=, > or >=, all without sign; & compares some bits only: the next question is which; in: one of several"
                    + " values, in braces."),

    /** Which bits. */
    MASK(
            Form.CONSTANTS,
            "Bits to compare",
            "A number or names of constants with | between them, such as O_ACCMODE or 0xff."),

    /** With what. */
    VALUE(
            Form.CONSTANTS,
            "Value",
            "A number, or names of constants with | between them, such as AF_UNIX or 0x5413; in braces for in."),

    /** What then. */
    ACTION(Form.WORD, "What happens to such a call", "allow, errno NAME, kill, kill-thread, trap, log."),

    /** Whether there is one more filter. */
    FILTER(
            Form.WORD,
            "Name of one more filter, or nothing",
            "Letters, digits, _ and -. It has rules of its own and no promises: for a thread or another program, picked by"
                    + " FILE#NAME, and exported beside the others. An empty line goes on."),

    /** What it does otherwise. */
    OTHERWISE(
            Form.WORD,
            "What happens to calls that none of its rules matches",
            "errno NAME, kill, kill-thread, trap, log or allow."),

    /** Where the policy is written. */
    SAVE(Form.FILE, "File to write the policy to", "A path; - for none. ./pledge --policy FILE uses it."),

    /** Whether to start it. */
    RUN(Form.WORD, "Run it now", "y or n.");

    private final Form form;
    private final String text;
    private final String help;

    Topic(Form form, String text, String help) {
        this.form = form;
        this.text = text;
        this.help = help;
    }

    Form form() {
        return form;
    }

    String text() {
        return text;
    }

    String help() {
        return help;
    }
}
