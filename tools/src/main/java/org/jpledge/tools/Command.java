package org.jpledge.tools;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What the first word may be, or the first two; without one of these, it is {@link #RUN}. A command of two words belongs to
 * the command that its first word is, which alone lists them.
 */
enum Command {
    RUN(
            "run",
            "pledge -p PROMISES [OPTION...] [--] COMMAND [ARG...]",
            "Run a program under its promises. The word run may be left out."),

    COMPILE(
            "compile",
            "pledge compile -o FILE -p PROMISES [OPTION...] [--] COMMAND [ARG...]",
            "Write a static executable that runs a program under its promises."),

    EXPLAIN(
            "explain",
            "pledge explain [PROMISE|CALL|NUMBER|PHRASE|LINE]...",
            "Say what a promise, call, phrase or line of a log is about; alone, list all."),

    TRACE(
            "trace",
            "pledge trace [OPTION...] [--] COMMAND [ARG...]",
            "Show a program's system calls, and the promises and unveils they need."),

    LEARN(
            "learn",
            "pledge learn [OPTION...] [--] COMMAND [ARG...]",
            "Run a program, and say with which promises, paths and ports it would do."),

    REPORT(
            "report",
            "pledge report [--since TIME] [--from FILE]... [--json]",
            "Say which programs were refused what, from the kernel's audit records."),

    WIZARD(
            "wizard",
            "pledge wizard [OPTION...] [--] [COMMAND [ARG...]]",
            "Try a program, and ask what it is to be allowed; without one, ask which."),

    SERVE(
            "serve",
            "pledge serve [--socket PATH] [--log FILE] [--drain SECONDS]",
            "Answer on a unix socket: JSON-RPC 2.0, and for people the wizard's questions."),

    DOCTOR("doctor", "pledge doctor [--json]", "Say what this machine can enforce, what not, and how to change it."),

    FILTER(
            "filter",
            "pledge filter COMMAND [OPTION...] [ARG...]",
            "Look at, write and compare seccomp filters; alone, list the commands for that."),

    FILTER_BUILD(
            "filter build",
            "pledge filter build [--as FORM] [--arch ARCH] [-o FILE] POLICY[#NAME]",
            "Make the filter that a policy's file is, as a BPF program or in another form."),

    FILTER_DISASM(
            "filter disasm",
            "pledge filter disasm [--arch ARCH] [-o FILE] FILE",
            "Print the instructions of a BPF program, one a line."),

    FILTER_ASM(
            "filter asm",
            "pledge filter asm [--arch ARCH] [-o FILE] FILE",
            "Make a BPF program of instructions as disasm prints them."),

    FILTER_EXPLAIN(
            "filter explain",
            "pledge filter explain [--arch ARCH] [-o FILE] FILE",
            "Say as rules what a filter does, whoever made it."),

    FILTER_RUN(
            "filter run",
            "pledge filter run [-v] [--arch ARCH] FILE {CALL... | --cases FILE}",
            "Say what a filter does with a system call, without making it."),

    FILTER_DIFF(
            "filter diff",
            "pledge filter diff [-o FILE] FILE FILE",
            "Say which calls two filters answer differently, and show one of each."),

    FILTER_CHECK(
            "filter check",
            "pledge filter check [--json] [--arch ARCH] FILE",
            "Look for what a filter's author may not have meant, and say what it costs."),

    FILTER_DUMP(
            "filter dump",
            "pledge filter dump [-o DIRECTORY | --index N] PID",
            "Show the filters of a running process; for root."),

    POLICY(
            "policy",
            "pledge policy COMMAND [OPTION...] [ARG...]",
            "Read and write policies of others; alone, list the commands for that."),

    POLICY_IMPORT(
            "policy import",
            "pledge policy import [--from FORMAT] [--arch ARCH]... [-o FILE] FILE",
            "Make a policy's file of a profile of Docker, Kubernetes and others."),

    POLICY_EXPORT(
            "policy export",
            "pledge policy export --to FORMAT [-o FILE] [-p PROMISES...] [FILE]",
            "Write a policy for Docker, Kubernetes, Firecracker and others."),

    POLICY_SCHEMA("policy schema", "pledge policy schema", "Print the JSON Schema of a policy's file."),

    POLICY_FORMATS("policy formats", "pledge policy formats", "List the forms of others."),

    COMPLETION("completion", "pledge completion bash", "Print a completion script for a shell."),

    MAN("man", "pledge man", "Print the manual page, pledge(1).");

    private final String word;
    private final String synopsis;
    private final String meaning;

    Command(String word, String synopsis, String meaning) {
        this.word = word;
        this.synopsis = synopsis;
        this.meaning = meaning;
    }

    String word() {
        return word;
    }

    /** Whether it has two words: then its options may stand anywhere, before and after its operands. */
    boolean isMember() {
        return word.indexOf(' ') > 0;
    }

    /** Those with two words of which this is the first. */
    List<Command> members() {
        List<Command> members = new ArrayList<>();
        for (Command command : values()) {
            if (command.word.length() > word.length() + 1
                    && command.word.charAt(word.length()) == ' '
                    && command.word.startsWith(word)) {
                members.add(command);
            }
        }
        return members;
    }

    /** How the whole is written, as help shows it. */
    String synopsis() {
        return synopsis;
    }

    /** One sentence. */
    String meaning() {
        return meaning;
    }

    /** What it understands, in the order of the help. */
    Set<Option> options() {
        return switch (this) {
            case RUN -> sandboxed(EnumSet.of(Option.OUTPUT));
            case TRACE -> of(Group.TRACING);
            case LEARN ->
                EnumSet.of(
                        Option.LEARNT,
                        Option.LEARNT_JSON,
                        Option.PICTURE,
                        Option.FOLD,
                        Option.ALLOW,
                        Option.VERIFY,
                        Option.CONTAINED,
                        Option.FROM,
                        Option.MERGE,
                        Option.HELP);
            case REPORT -> EnumSet.of(Option.SINCE, Option.RECORDS, Option.AS_JSON, Option.HELP);
            case COMPILE ->
                sandboxed(EnumSet.of(
                        Option.PRINT,
                        Option.JSON,
                        Option.REPORT,
                        Option.REPORT_DESCRIPTOR,
                        Option.VIA_SOCKET,
                        Option.SERVER));
            case EXPLAIN -> EnumSet.of(Option.ARCHITECTURE, Option.HELP);
            case WIZARD -> EnumSet.of(Option.UNCONTAINED, Option.CONVERSATION_JSON, Option.HELP);
            case SERVE -> EnumSet.of(Option.SOCKET, Option.LOG, Option.DRAIN, Option.HELP);
            case DOCTOR -> EnumSet.of(Option.FINDINGS_JSON, Option.HELP);
            case FILTER_DISASM, FILTER_EXPLAIN -> EnumSet.of(Option.WRITTEN, Option.FOR_ARCHITECTURE, Option.HELP);
            case FILTER_BUILD ->
                EnumSet.of(Option.FORM, Option.FIGURES, Option.WRITTEN, Option.FOR_ARCHITECTURE, Option.HELP);
            case FILTER_RUN -> EnumSet.of(Option.CASES, Option.STEPS, Option.FOR_ARCHITECTURE, Option.HELP);
            case FILTER_DIFF -> EnumSet.of(Option.WRITTEN, Option.FOR_ARCHITECTURE, Option.HELP);
            case FILTER_CHECK -> EnumSet.of(Option.FINDINGS_JSON, Option.FOR_ARCHITECTURE, Option.HELP);
            case FILTER_DUMP -> EnumSet.of(Option.WRITTEN, Option.INDEX, Option.HELP);
            case FILTER_ASM -> EnumSet.of(Option.WRITTEN, Option.FOR_ARCHITECTURE, Option.HELP);
            case POLICY_IMPORT ->
                EnumSet.of(
                        Option.SOURCE,
                        Option.FOR_ARCHITECTURES,
                        Option.CAPABILITY,
                        Option.FOR_KERNEL,
                        Option.WRITTEN,
                        Option.HELP);
            case POLICY_EXPORT ->
                EnumSet.of(
                        Option.PROMISES,
                        Option.UNVEIL,
                        Option.CONNECT,
                        Option.BIND,
                        Option.ALLOW_RULE,
                        Option.DENY_RULE,
                        Option.KILL,
                        Option.ON_VIOLATION,
                        Option.CPU,
                        Option.MEMORY,
                        Option.FILE_SIZE,
                        Option.OPEN_FILES,
                        Option.PROCESSES,
                        Option.TARGET,
                        Option.SOURCE,
                        Option.FOR_ARCHITECTURES,
                        Option.CAPABILITY,
                        Option.FOR_KERNEL,
                        Option.LOSSLESS,
                        Option.WRITTEN,
                        Option.HELP);
            case POLICY_SCHEMA, POLICY_FORMATS, POLICY, FILTER, COMPLETION, MAN -> EnumSet.of(Option.HELP);
        };
    }

    /** What a group has, and help. */
    private static Set<Option> of(Group group) {
        Set<Option> options = EnumSet.of(Option.HELP);
        for (Option option : Option.values()) {
            if (option.group() == group) {
                options.add(option);
            }
        }
        return options;
    }

    /** What says how a program is confined and started, without some. */
    private static Set<Option> sandboxed(Set<Option> without) {
        Set<Option> options = EnumSet.noneOf(Option.class);
        for (Option option : Option.values()) {
            boolean about = switch (option.group()) {
                case TRACING, LEARNING, AUDIT, EXPLAINING, EXAMINING, SERVING, FILTERS -> false;
                case SANDBOX, LIMITS, SURROUNDINGS, REPORT, COMMAND -> true;
            };
            if (about && !without.contains(option)) {
                options.add(option);
            }
        }
        return options;
    }
}
