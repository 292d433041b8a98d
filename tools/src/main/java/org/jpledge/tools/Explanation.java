package org.jpledge.tools;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.FilePath;
import org.jpledge.promise.Circumstance;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Group;
import org.jpledge.promise.JvmTable;
import org.jpledge.promise.Policy;
import org.jpledge.promise.PromiseTable;
import org.jpledge.promise.Promises;
import org.jpledge.promise.Section;
import org.jpledge.promise.Shortfall;
import org.jpledge.promise.TablePaths;
import org.jpledge.promise.TableRule;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.syscall.Parameter;
import org.jpledge.syscall.Signature;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.HostTree;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;

/** What {@code pledge explain} prints: the promise table, for people. */
final class Explanation {
    private static final int WIDTH = 80;
    private static final String STDIO = "stdio";

    /** No promise: what a JVM that restricts itself is allowed besides. */
    private static final String JVM = "jvm";

    /** Where HotSpot could reserve memory for compiled code, and how much it reserves. */
    private static final long CODE = 0x7f12_3000_0000L;

    private static final long CODE_SIZE = 240L << 20;

    /** Any port will do. */
    private static final int HTTPS = 443;

    private static final Set<Arch> EVERYWHERE = Set.of(Arch.values());

    private final StringBuilder out = new StringBuilder();
    private final PromiseTable table = PromiseTable.standard();
    private final Arch arch;
    private final SyscallTable calls;
    private final RunningKernel kernel;

    private Explanation(Arch arch, RunningKernel kernel) {
        this.arch = arch;
        this.calls = SyscallTable.of(arch);
        this.kernel = kernel;
    }

    /** All words, a line each. */
    static String ofAll() {
        StringBuilder out = new StringBuilder();
        PromiseTable table = PromiseTable.standard();
        for (String word : table.words()) {
            out.append(word);
            for (int i = word.length(); i < 12; i++) {
                out.append(' ');
            }
            out.append(table.promise(word).orElseThrow().meaning()).append('\n');
        }
        return out.toString();
    }

    /**
     * Explains words.
     *
     * @param words promises
     * @param arch whose system calls are shown
     * @param kernel of which it is said what it leaves open
     */
    static String of(List<String> words, Arch arch, RunningKernel kernel) throws Failure {
        Explanation explanation = new Explanation(arch, kernel);
        List<Runnable> parts = new ArrayList<>();
        for (String word : words) {
            Optional<Section> section = explanation.table.promise(word);
            Optional<String> call = explanation.call(word);
            if (word.equals(JVM)) {
                parts.add(explanation::jvm);
            } else if (section.isPresent()) {
                parts.add(() -> explanation.promise(section.get()));
            } else if (call.isPresent()) {
                parts.add(() -> explanation.explainCall(call.get()));
            } else {
                throw explanation.unknown(word);
            }
        }
        for (Runnable part : parts) {
            part.run();
        }
        return explanation.out.toString();
    }

    /** Whether a word is one that is explained by itself: a promise, a system call or its number. */
    static boolean isKnown(String word, Arch arch) {
        return word.equals(JVM)
                || PromiseTable.standard().promise(word).isPresent()
                || callOf(word, arch).isPresent();
    }

    private Optional<String> call(String word) {
        return callOf(word, arch);
    }

    private static Optional<String> callOf(String word, Arch arch) {
        SyscallTable calls = SyscallTable.of(arch);
        if (calls.number(word).isPresent()) {
            return Optional.of(word);
        }
        long number = PolicyOptions.digits(word, word.length());
        return number < 0 || number > Integer.MAX_VALUE ? Optional.empty() : calls.name((int) number);
    }

    private Failure unknown(String word) {
        if (PolicyOptions.digits(word, word.length()) >= 0) {
            return Failure.usage("explain: " + arch.label() + " has no system call " + word);
        }
        List<String> known = new ArrayList<>(table.words());
        known.addAll(calls.byNumber().values());
        return Failure.usage(
                "explain: \"" + word + "\" is no promise, and no system call of " + arch.label(),
                Nearest.nearest(word, known));
    }

    /** A call: what it is, and which promises give it under which conditions. */
    private void explainCall(String call) {
        separate();
        out.append(call).append(": system call ").append(calls.number(call).orElseThrow());
        out.append(" of ").append(arch.label());
        new Phrases(arch, "/")
                .meaning(call)
                .ifPresent(meaning -> out.append(", as in: ").append(meaning));
        out.append('\n');
        Optional<Signature> signature = Signature.of(arch, call);
        if (signature.isPresent()) {
            List<String> names = new ArrayList<>();
            for (Parameter parameter : signature.get().parameters()) {
                names.add(parameter.name());
            }
            paragraph("  ", call + "(" + String.join(", ", names) + ")");
        }
        boolean any = false;
        for (Section section : table.sections()) {
            any |= rulesOf(section, call);
        }
        if (!any) {
            out.append("\nNo promise gives it.\n");
        }
    }

    /** What a section says of one call; whether it says anything. */
    private boolean rulesOf(Section section, String call) {
        boolean any = false;
        for (Group group : section.groups()) {
            boolean reasoned = false;
            for (TableRule rule : group.rules()) {
                if (!rule.architectures().contains(arch) || !rule.calls().contains(call)) {
                    continue;
                }
                if (!any) {
                    heading(holder(section));
                    any = true;
                }
                if (!reasoned && !group.why().isEmpty()) {
                    paragraph("  # ", group.why());
                }
                reasoned = true;
                paragraph("  ", new TableRule(List.of(call), rule.conditions(), rule.action(), EVERYWHERE, 1).text());
            }
        }
        return any;
    }

    /** Who gets what a section gives. */
    private static String holder(Section section) {
        return switch (section.kind()) {
            case PROMISE -> section.words().getFirst();
            case ALL, ANY -> {
                List<String> words = new ArrayList<>();
                List<String> circumstances = new ArrayList<>();
                for (String word : section.words()) {
                    Optional<Circumstance> circumstance = Circumstance.of(word);
                    if (circumstance.isPresent()) {
                        circumstances.add(circumstance.get().meaning());
                    } else {
                        words.add(word);
                    }
                }
                String who = words.isEmpty()
                        ? "Everybody"
                        : String.join(section.kind() == Section.Kind.ALL ? " together with " : " or ", words);
                yield circumstances.isEmpty() ? who : who + ", " + String.join(", ", circumstances);
            }
            case ALWAYS -> "Everybody";
            case LOADER -> "Before the program's entry point";
            case ENOSYS -> "Otherwise, so that libraries go on with an older call";
            case NEVER -> "Never given";
        };
    }

    private void jvm() {
        separate();
        paragraph("", "jvm: no promise, but what a JVM that restricts itself needs, whatever it promises");
        paragraph("", "The addresses are those of a code cache, for example.");
        for (Section section : JvmTable.of(CODE, CODE + CODE_SIZE).sections()) {
            heading(Character.toUpperCase(section.meaning().charAt(0))
                    + section.meaning().substring(1));
            groups(section);
        }
    }

    private void separate() {
        if (!out.isEmpty()) {
            out.append('\n');
        }
    }

    private void promise(Section section) {
        String word = section.words().getFirst();
        separate();
        out.append(word).append(": ").append(section.meaning()).append('\n');
        if (!section.extension().isEmpty()) {
            paragraph("", "Not a word of OpenBSD's: " + section.extension());
        }
        if (!section.differs().isEmpty()) {
            heading("How Linux differs");
            for (String difference : section.differs()) {
                paragraph("  ", difference);
            }
        }
        heading("System calls, and paths that can be opened");
        groups(section);
        for (Section other : table.sections()) {
            if (other != section && other.words().contains(word)) {
                heading(condition(other, word));
                if (!other.meaning().isEmpty()) {
                    paragraph("  # ", other.meaning());
                }
                groups(other);
            }
        }
        Set<String> open = open(Promises.of(STDIO, word));
        if (!word.equals(STDIO)) {
            open.removeAll(open(Promises.of(STDIO)));
        }
        if (!open.isEmpty()) {
            heading("On this kernel, " + kernel.text());
            for (String shortfall : open) {
                paragraph("  ", shortfall);
            }
        }
    }

    /** In what the kernel falls short: of promises alone, with a veil, and with a list of ports. */
    private Set<String> open(Promises promises) {
        Policy plain = Policy.of(promises).demanding(Demand.BEST_EFFORT);
        Policy veiled = plain.unveiling(new Unveil(FilePath.ROOT, Permissions.READ, "/"));
        Set<String> open = new LinkedHashSet<>();
        FileTree tree = new HostTree();
        for (Policy policy : List.of(plain, veiled, plain.connecting(HTTPS))) {
            Enforcement enforcement = policy.enforce(arch, kernel.abi(), FilePath.ROOT, tree);
            for (Shortfall shortfall : enforcement.shortfalls()) {
                open.add(shortfall.text());
            }
        }
        return open;
    }

    /** When the rules of a section with several words hold, for somebody who has promised one of them. */
    private static String condition(Section section, String word) {
        List<String> others = new ArrayList<>();
        StringBuilder circumstances = new StringBuilder();
        for (String other : section.words()) {
            Optional<Circumstance> circumstance = Circumstance.of(other);
            if (circumstance.isPresent()) {
                circumstances
                        .append(circumstances.isEmpty() ? "" : ", ")
                        .append(circumstance.get().meaning());
            } else if (!other.equals(word)) {
                others.add(other);
            }
        }
        if (others.isEmpty()) {
            return Character.toUpperCase(circumstances.charAt(0)) + circumstances.substring(1);
        }
        String promises = section.kind() == Section.Kind.ALL
                ? "Together with " + String.join(" and ", others)
                : "As with " + String.join(" or ", others);
        return circumstances.isEmpty() ? promises : promises + ", " + circumstances;
    }

    private void groups(Section section) {
        boolean any = false;
        for (Group group : section.groups()) {
            boolean reasoned = false;
            for (String line : lines(group)) {
                if (!reasoned && !group.why().isEmpty()) {
                    paragraph("  # ", group.why());
                }
                reasoned = true;
                any = true;
                paragraph("  ", line);
            }
        }
        if (!any) {
            out.append("  none of its own\n");
        }
    }

    /** What a group says on the architecture: its rules, then the paths that can be opened. */
    private List<String> lines(Group group) {
        List<String> lines = new ArrayList<>();
        for (TableRule rule : group.rules()) {
            List<String> here = here(rule);
            if (!here.isEmpty()) {
                lines.add(new TableRule(here, rule.conditions(), rule.action(), EVERYWHERE, 1).text());
            }
        }
        for (TablePaths paths : group.paths()) {
            if (paths.architectures().contains(arch)) {
                lines.add(new TablePaths(paths.permissions(), paths.paths(), EVERYWHERE, 1).text());
            }
        }
        return lines;
    }

    /** The calls of a rule that the architecture has. */
    private List<String> here(TableRule rule) {
        List<String> here = new ArrayList<>();
        if (rule.architectures().contains(arch)) {
            for (String call : rule.calls()) {
                if (calls.number(call).isPresent()) {
                    here.add(call);
                }
            }
        }
        return here;
    }

    private void heading(String title) {
        out.append('\n').append(title).append(":\n");
    }

    /** Text in lines that fit a terminal; those after the first are indented further. */
    private void paragraph(String indent, String text) {
        String further = indent.endsWith("# ") ? indent : indent + "  ";
        String start = indent;
        int at = 0;
        while (at < text.length()) {
            int end = text.length();
            if (end - at > WIDTH - start.length()) {
                end = text.lastIndexOf(' ', at + WIDTH - start.length());
                if (end <= at) {
                    end = text.indexOf(' ', at);
                }
                if (end < 0) {
                    end = text.length();
                }
            }
            out.append(start).append(text, at, end).append('\n');
            at = end + 1;
            start = further;
        }
    }
}
