package org.jpledge.tools;

import java.util.List;

/** The options of all commands. Parser, help, manual page and completion come from this one description. */
enum Option {
    PROMISES(
            'p',
            "promises",
            "PROMISES",
            true,
            Group.SANDBOX,
            "The program's promises: words such as stdio and rpath, separated by spaces. Without a promise a program"
                    + " can only exit. Given again, it adds words."),

    POLICY(
            0,
            "policy",
            "NAME|FILE",
            false,
            Group.SANDBOX,
            "A policy's file, TOML or JSON, as learn -o writes it: what it says is added to the options, and its command is"
                    + " run if none is given. A word with a / or ending in .toml or .json is a file; another one names"
                    + " NAME.toml in XDG_CONFIG_HOME/pledge/policies. #NAME after it picks one of several filters."),

    KILL(
            'k',
            "kill",
            "",
            false,
            Group.SANDBOX,
            "A violation kills the program (SIGSYS, exit status 159). Without this option the system call fails with"
                    + " EPERM."),

    ON_VIOLATION(
            0,
            "on-violation",
            "ACTION",
            false,
            Group.SANDBOX,
            "What a violation does: kill, errno:NAME (such as errno:ENOSYS), trap (SIGSYS, which the program may"
                    + " handle) or log (it is allowed, and the kernel's log has it)."),

    ALLOW_RULE(
            0,
            "allow",
            "RULE",
            true,
            Group.SANDBOX,
            "System calls that are allowed whatever the promises say, as a rule: 'ptrace', or with conditions on"
                    + " arguments 'ioctl(request == TIOCGWINSZ)'. Of these and --deny, the first rule that matches counts."
                    + " Paths and ports stay as promises, -v and --connect have them."),

    DENY_RULE(
            0,
            "deny",
            "RULE",
            true,
            Group.SANDBOX,
            "System calls that are a violation although they are promised; '... -> kill', '-> errno ENOENT', '-> trap'"
                    + " or '-> log' in a rule says what happens to them. It holds from the program's entry point on, and"
                    + " before it for what the dynamic linker does not need."),

    FILTER(
            0,
            "filter",
            "FILE[#NAME]",
            true,
            Group.SANDBOX,
            "A filter of system calls that holds too, or in place of promises if there is no -p: of two answers to a"
                    + " call the more severe one counts. --allow and --deny stand before it. NAME picks one of a file with"
                    + " several."),

    UNVEIL(
            'v',
            "unveil",
            "[PERMS:]PATH",
            true,
            Group.SANDBOX,
            "What the program may do at a path and below it: letters of rwxc for read, write, execute and create,"
                    + " without them read; none before the colon hides the path. The first one hides all that is not"
                    + " named, and the most specific path counts."),

    IGNORE_MISSING(0, "ignore-missing", "", false, Group.SANDBOX, "Pass over paths to unveil that do not exist."),

    CLOSE_LISTING(
            0,
            "close-listing",
            "",
            false,
            Group.SANDBOX,
            "Directories in which another one is hidden cannot be listed at all; otherwise the names in the hidden one"
                    + " can be seen, too."),

    CONNECT(
            0,
            "connect",
            "PORT[,PORT...]",
            true,
            Group.SANDBOX,
            "Ports that the program may connect to, of any machine. With this option or --bind, all ports that are not"
                    + " named are refused, in both directions."),

    BIND(0, "bind", "PORT[,PORT...]", true, Group.SANDBOX, "Ports of this machine that the program may take."),

    LOADER_PATH(
            0,
            "loader-path",
            "DIRECTORY",
            true,
            Group.SANDBOX,
            "One more directory from which the dynamic linker may load libraries before the program's entry point; for"
                    + " programs that find them by LD_LIBRARY_PATH, for example."),

    STRICT(
            0,
            "strict",
            "",
            false,
            Group.SANDBOX,
            "Refuse to start where less than all of the sandbox can be enforced, even by a kernel that is merely too"
                    + " old for a part that nobody asked for by name, or where only the wider sandbox for the dynamic"
                    + " linker can."),

    BEST_EFFORT(
            0,
            "best-effort",
            "",
            false,
            Group.SANDBOX,
            "Go on where the kernel cannot enforce all that was asked for, and say what was dropped."),

    CPU('C', "cpu", "SECONDS", false, Group.LIMITS, "Processor time (RLIMIT_CPU); beyond it, SIGXCPU."),

    MEMORY(
            'M',
            "memory",
            "SIZE",
            false,
            Group.LIMITS,
            "Address space (RLIMIT_AS), in bytes or with k, m, g or t for powers of 1024."),

    FILE_SIZE('F', "file-size", "SIZE", false, Group.LIMITS, "Size of a file that it writes (RLIMIT_FSIZE)."),

    OPEN_FILES('O', "open-files", "NUMBER", false, Group.LIMITS, "Open descriptors (RLIMIT_NOFILE), 0 to 2 included."),

    PROCESSES(
            'P',
            "processes",
            "NUMBER",
            false,
            Group.LIMITS,
            "Processes and threads of its user, all programs counted (RLIMIT_NPROC)."),

    DESCRIPTOR(
            0,
            "fd",
            "NUMBER",
            true,
            Group.SURROUNDINGS,
            "A descriptor that stays open. All others from 3 up are closed."),

    ENVIRONMENT(
            0,
            "env",
            "NAME[=VALUE]",
            true,
            Group.SURROUNDINGS,
            "Set an environment variable; without a value, keep the caller's under --clear-env."),

    CLEAR_ENVIRONMENT(
            0, "clear-env", "", false, Group.SURROUNDINGS, "Start with an empty environment but for what --env names."),

    DIRECTORY(0, "chdir", "DIRECTORY", false, Group.SURROUNDINGS, "Start in another directory."),

    USER(
            'u',
            "user",
            "USER",
            false,
            Group.SURROUNDINGS,
            "Become another user (name or number), with that user's group and no further groups. Needs root."),

    GROUP('g', "group", "GROUP", false, Group.SURROUNDINGS, "Become another group (name or number). Needs root."),

    EXPRESSION(
            'e',
            "expr",
            "EXPRESSION",
            true,
            Group.TRACING,
            "Which system calls: names with commas in between, %classes as strace has them (%file, %network, %memory"
                    + " and others), /regular expressions, all, none; ?NAME passes over an unknown one, and ! before all"
                    + " of it leaves them out. Calls that are not shown cost the program next to nothing."),

    SUCCESSFUL('z', "successful-only", "", false, Group.TRACING, "Only system calls that succeeded."),

    FAILED('Z', "failed-only", "", false, Group.TRACING, "Only system calls that failed."),

    SUMMARY_ONLY(
            'c',
            "summary-only",
            "",
            false,
            Group.TRACING,
            "Only a table at the end: for each system call how often it was made, how often it failed, and how long it"
                    + " took by the clock."),

    SUMMARY('C', "summary", "", false, Group.TRACING, "That table, too."),

    SORT(
            'S',
            "sort",
            "ORDER",
            false,
            Group.TRACING,
            "By what the table is ordered: time, which is the default, average, calls, errors or name."),

    NUMBERS('n', "syscall-number", "", false, Group.TRACING, "Show the numbers of system calls."),

    TIMES('T', "syscall-times", "", false, Group.TRACING, "Show how long each call took, in seconds."),

    DESCRIPTORS('y', "decode-fds", "", false, Group.TRACING, "Show what descriptors are, as in 3</etc/passwd>."),

    UNABRIDGED('v', "no-abbrev", "", false, Group.TRACING, "Show all of structures and arrays, and the environment."),

    STRINGS('s', "string-limit", "NUMBER", false, Group.TRACING, "How many bytes of data are shown; 32 if not given."),

    TRACE_JSON(
            'j',
            "json",
            "",
            false,
            Group.TRACING,
            "One JSON object a line for each call, signal, process and program; docs/trace-json.md says what is in"
                    + " it."),

    TRACE_OUTPUT('o', "output", "FILE", false, Group.TRACING, "Write to this file instead of standard error."),

    ATTACH(
            'p',
            "attach",
            "PID",
            true,
            Group.TRACING,
            "Trace a process that runs, with all its threads and what it starts, until it ends or Control-C; then it"
                    + " goes on without."),

    TRACE_ENVIRONMENT(
            'E',
            "env",
            "NAME[=VALUE]",
            true,
            Group.TRACING,
            "Set an environment variable of the program; without a value, remove it."),

    TRACE_USER(
            'u',
            "user",
            "USER",
            false,
            Group.TRACING,
            "Run the program as another user, with that user's group and no further groups. Needs root."),

    FOLLOW('f', "follow-forks", "", false, Group.TRACING, "Follow processes and threads; that is always done."),

    PICTURE(
            0,
            "html",
            "FILE",
            false,
            Group.TRACING,
            "Write a page to this file that shows it all in a browser, without any network: promises over time, files,"
                    + " hosts, processes. Alone, it takes the place of the text."),

    LEARNT(
            'o',
            "output",
            "FILE",
            false,
            Group.LEARNING,
            "Write what was learnt to this file, as TOML; otherwise it is a command line on standard error."),

    LEARNT_JSON(0, "json", "", false, Group.LEARNING, "Give what was learnt as JSON, with all evidence."),

    FOLD(
            0,
            "fold",
            "NUMBER",
            false,
            Group.LEARNING,
            "Unveil a directory where more than so many files in it are used in the same way; 5 if not given. Never the"
                    + " home directory, what lies in the root, or what has private places in it."),

    ALLOW(
            0,
            "allow",
            "PATH",
            true,
            Group.LEARNING,
            "Unveil also what was used there. Without it, private places (.ssh, .gnupg and others) are left out and"
                    + " hidden, and no names are made in the home directory or close to the root."),

    VERIFY(
            0,
            "verify",
            "",
            false,
            Group.LEARNING,
            "Run the program a second time under what was learnt, and list what is refused that was not before. The"
                    + " exit status is 1 if there is something, or if the program's own is another than before."),

    CONTAINED(
            0,
            "contained",
            "",
            false,
            Group.LEARNING,
            "For a program that is not trusted: while learning, it can read everything, but write only to a scratch"
                    + " directory, which is its HOME and TMPDIR, and it has no network. What it would do otherwise is not"
                    + " learnt. Needs Landlock 3 (Linux 6.2)."),

    FROM(
            0,
            "from",
            "FILE",
            false,
            Group.LEARNING,
            "Run nothing: learn from a transcript (- is standard input) of pledge trace --json, of strace -f, best with"
                    + " -y, or of lurk --json. The operands are the command that was run."),

    MERGE(
            0,
            "merge",
            "",
            false,
            Group.LEARNING,
            "Run nothing: the operands are files that were written with -o, and the result allows what any of them"
                    + " allows."),

    SINCE(
            0,
            "since",
            "TIME",
            false,
            Group.AUDIT,
            "Only what was refused then or later: today, yesterday, 30m, 2h, 3d, 1w (before now), 2026-11-23 or"
                    + " 2026-11-23T12:00."),

    RECORDS(
            0,
            "from",
            "FILE",
            true,
            Group.AUDIT,
            "Read this file (- is standard input): the text of dmesg, an audit.log, or what journalctl -o json prints."
                    + " Without it, all of these that this machine has and the user may read."),

    AS_JSON(0, "json", "", false, Group.AUDIT, "One JSON object a line for each refusal."),

    OUTPUT('o', "output", "FILE", false, Group.COMMAND, "The executable file to write."),

    PRINT(
            0,
            "print",
            "",
            false,
            Group.COMMAND,
            "Run nothing: print the plan, what the kernel enforces of it and what not, the rules for paths, ports and"
                    + " system calls, and the BPF program."),

    JSON(0, "json", "", false, Group.COMMAND, "With --print or --report: as JSON."),

    REPORT(
            0,
            "report",
            "",
            false,
            Group.REPORT,
            "Stay beside the program and explain on standard error every refusal, with the options that would allow"
                    + " it, and at the end how often it came. The program runs as without this option, only slower."),

    REPORT_DESCRIPTOR(
            0,
            "report-fd",
            "NUMBER",
            false,
            Group.REPORT,
            "With --report: write to this open descriptor instead. The program does not get it, unless --fd says so."),

    VIA_SOCKET(
            0,
            "via-socket",
            "",
            false,
            Group.COMMAND,
            "Have the server that pledge serve started make what is needed, without a JVM of one's own. The program is the caller's"
                    + " process as ever, and runs as without this option."),

    SERVER(
            0,
            "socket",
            "PATH",
            false,
            Group.COMMAND,
            "With --via-socket: where the server listens; otherwise pledge.sock in XDG_RUNTIME_DIR."),

    QUIET('q', "quiet", "", false, Group.COMMAND, "Say nothing when a violation kills the program."),

    ARCHITECTURE(
            0,
            "arch",
            "ARCH",
            false,
            Group.EXPLAINING,
            "The system calls of another architecture, such as aarch64; otherwise this machine's."),

    UNCONTAINED(
            0,
            "uncontained",
            "",
            false,
            Group.LEARNING,
            "Try the program as it would run without pledge: it can change files, and has the network."),

    CONVERSATION_JSON(
            0,
            "json",
            "",
            false,
            Group.LEARNING,
            "For programs: what is asked, told and agreed on as JSON objects, one a line on standard output; answers are lines"
                    + " still. The program is not run in the end."),

    FINDINGS_JSON(0, "json", "", false, Group.EXAMINING, "One JSON object a line for each finding."),

    SOCKET(
            0,
            "socket",
            "PATH",
            false,
            Group.SERVING,
            "The socket, which only you can connect to; otherwise pledge.sock in XDG_RUNTIME_DIR."),

    LOG(
            0,
            "log",
            "FILE",
            false,
            Group.SERVING,
            "Append a JSON object a line for each request to this file; otherwise to standard error."),

    DRAIN(
            0,
            "drain",
            "SECONDS",
            false,
            Group.SERVING,
            "How long requests may go on after SIGTERM, before they are ended; otherwise 30."),

    WRITTEN('o', "output", "FILE", false, Group.FILTERS, "Write this file; otherwise, or if it is -, standard output."),

    FORM(
            0,
            "as",
            "FORM",
            false,
            Group.FILTERS,
            "What is written: bpf (the program as the kernel takes it, which is the default), asm (its instructions), text (its"
                    + " rules), toml or json (a policy's file), pfc, c-header, or a form that policy export knows."),

    FIGURES(
            'v',
            "verbose",
            "",
            false,
            Group.FILTERS,
            "Say on standard error how large the program is, and how many calls the kernel allows without running it."),

    CASES(
            0,
            "cases",
            "FILE",
            false,
            Group.FILTERS,
            "A call on each line, and what it is to get: socket(AF_INET, SOCK_STREAM, 0) -> errno EPERM. The exit status is"
                    + " 1 if one gets something else."),

    STEPS('v', "verbose", "", false, Group.FILTERS, "Show each instruction that is executed."),

    INDEX(
            0,
            "index",
            "N",
            false,
            Group.FILTERS,
            "Only one filter, as the bytes of its program; 0 is the one that was installed first."),

    FOR_ARCHITECTURE(
            0,
            "arch",
            "ARCH",
            false,
            Group.FILTERS,
            "The architecture that it is for, such as aarch64; otherwise what the file itself says, or this"
                    + " machine's."),

    SOURCE(
            0,
            "from",
            "FORMAT",
            false,
            Group.FILTERS,
            "The form of the file, as pledge policy formats lists them; otherwise it is known by what is in it."),

    TARGET(0, "to", "FORMAT", false, Group.FILTERS, "The form to write, as pledge policy formats lists them."),

    FOR_ARCHITECTURES(
            0,
            "arch",
            "ARCH",
            true,
            Group.FILTERS,
            "An architecture that it is for, such as aarch64; otherwise this machine's. Given again, it adds one."),

    CAPABILITY(
            0,
            "cap",
            "CAP",
            true,
            Group.FILTERS,
            "A capability that the program will have, such as CAP_SYS_ADMIN: some profiles allow more with it."),

    FOR_KERNEL(
            0,
            "kernel",
            "VERSION",
            false,
            Group.FILTERS,
            "The kernel that the program will run on, such as 6.1; otherwise one that is new enough for all that a"
                    + " profile asks."),

    LOSSLESS(
            0,
            "strict",
            "",
            false,
            Group.FILTERS,
            "Write nothing if the form cannot say all of the policy; otherwise what is lost is named on standard"
                    + " error."),

    VERSION('V', "version", "", false, Group.COMMAND, "Print the version."),

    HELP('h', "help", "", false, Group.COMMAND, "Print this help.");

    private final char letter;
    private final String word;
    private final String argument;
    private final boolean repeated;
    private final Group group;
    private final String meaning;

    Option(int letter, String word, String argument, boolean repeated, Group group, String meaning) {
        this.letter = (char) letter;
        this.word = word;
        this.argument = argument;
        this.repeated = repeated;
        this.group = group;
        this.meaning = meaning;
    }

    /** Its short form without the dash, or 0. */
    char letter() {
        return letter;
    }

    /** Its long form without the dashes. */
    String word() {
        return word;
    }

    /** What it takes, as help shows it; empty if it takes nothing. */
    String argument() {
        return argument;
    }

    boolean takesArgument() {
        return !argument.isEmpty();
    }

    /** Whether it may be given more than once. */
    boolean repeated() {
        return repeated;
    }

    Group group() {
        return group;
    }

    /** One or two sentences. */
    String meaning() {
        return meaning;
    }

    /** Its forms, with dashes, short before long. */
    List<String> spellings() {
        return letter == 0 ? List.of("--" + word) : List.of("-" + letter, "--" + word);
    }
}
