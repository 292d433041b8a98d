package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Insn;
import org.jpledge.seccomp.Compiled;
import org.jpledge.seccomp.Compiler;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Patch;
import org.jpledge.seccomp.Variable;
import org.jpledge.syscall.Arch;

/**
 * Writes filters as a header for C and C++: for each a static array of instructions, its program, and a function that installs
 * it for the calling thread. An architecture gets its own array, together with its 32-bit one where the filter knows that. The
 * numbers of the process that rules name are filled in when it is installed.
 */
final class CHeader {
    private final StringBuilder out = new StringBuilder(65536);

    private CHeader() {}

    /**
     * Writes a header.
     *
     * @param policy what it is to say
     * @return its text; of filters nothing is lost
     * @throws org.jpledge.bpf.InvalidProgramException if a program has more than 4096 instructions
     */
    static Exported write(Exportable policy) {
        CHeader header = new CHeader();
        String name = identifier(policy.name());
        header.begin(name);
        Set<String> taken = new HashSet<>();
        for (Map.Entry<String, Filter> filter : policy.filters().entrySet()) {
            boolean only = policy.filters().size() == 1;
            String word = only ? name : name + "_" + identifier(filter.getKey());
            String own = word;
            for (int i = 2; !taken.add(own); i++) {
                own = word + "_" + i;
            }
            header.filter(own, filter.getValue());
        }
        header.out.append("\n#endif\n");
        List<String> losses = new ArrayList<>();
        Losses.ofPaths(policy, "a C header", losses);
        return new Exported(header.out.toString(), losses);
    }

    private static String identifier(String name) {
        String word = name.replaceAll("[^A-Za-z0-9_]", "_").toLowerCase(Locale.ROOT);
        return word.isEmpty() || Character.isDigit(word.charAt(0)) || word.startsWith("_") ? "filter_" + word : word;
    }

    private void begin(String name) {
        String guard = name.toUpperCase(Locale.ROOT) + "_SECCOMP_FILTER_H";
        line("/*");
        line(
                " * Seccomp filters, made by pledge. NAME_install() makes one hold for the calling thread, for good: it returns");
        line(" * 0, or -1 with errno. It sets no_new_privs.");
        line(" */");
        line("#ifndef " + guard);
        line("#define " + guard);
        line("");
        for (String header : List.of(
                "errno.h",
                "string.h",
                "linux/filter.h",
                "linux/seccomp.h",
                "sys/prctl.h",
                "sys/syscall.h",
                "unistd.h")) {
            line("#include <" + header + ">");
        }
        line("");
        line("#ifndef __cplusplus");
        line("extern long syscall(long, ...); /* strict C hides it */");
        line("#endif");
    }

    private void line(String text) {
        out.append(text).append('\n');
    }

    private void filter(String name, Filter filter) {
        String condition = "#if";
        for (Filter.Section section : filter.sections()) {
            line("");
            line(condition + " " + macro(section.arch()));
            condition = "#elif";
            program(name, alone(filter, section));
        }
        line("");
        line("#else");
        line("#error \"" + name + " has no filter for this architecture\"");
        line("#endif");
    }

    /** The part of a filter that a program of one architecture needs: its own calls, and those of its 32-bit mode. */
    private static Filter alone(Filter filter, Filter.Section section) {
        List<Filter.Section> sections = new ArrayList<>(List.of(section));
        Optional<Arch> small = small(section.arch());
        for (Filter.Section other : filter.sections()) {
            if (small.isPresent() && other.arch() == small.get()) {
                sections.add(other);
            }
        }
        return new Filter(sections, filter.otherwise(), filter.unknown(), filter.foreign());
    }

    private static Optional<Arch> small(Arch arch) {
        return switch (arch) {
            case X86_64 -> Optional.of(Arch.I386);
            case AARCH64 -> Optional.of(Arch.ARM);
            case I386, ARM, RISCV64, PPC64LE, S390X -> Optional.empty();
        };
    }

    private void program(String name, Filter filter) {
        Compiled compiled = Compiler.compile(filter);
        Arch arch = filter.sections().getFirst().arch();
        line("/*");
        FilterText.of(filter).lines().forEach(rule -> line(" * " + rule.replace("*/", "* /")));
        line(" */");
        line("static struct sock_filter " + name + "_filter[] = {");
        List<String> texts =
                Disassembler.text(compiled.program(), arch.order()).lines().toList();
        List<Insn> insns = compiled.program().insns();
        for (int i = 0; i < insns.size(); i++) {
            Insn insn = insns.get(i);
            out.append(String.format(
                    "\t{ 0x%02x, %d, %d, 0x%08xU }, /* %s */%n",
                    insn.code(), insn.jt(), insn.jf(), insn.k(), texts.get(i).replace("*/", "* /")));
        }
        line("};");
        line("static struct sock_fprog " + name + "_program = { " + insns.size() + ", " + name + "_filter };");
        line("");
        install(name, compiled.patches());
    }

    private void install(String name, List<Patch> patches) {
        line("static inline int " + name + "_install(void)");
        line("{");
        String program = "&" + name + "_program";
        if (!patches.isEmpty()) {
            line("\tstruct sock_filter filter[sizeof " + name + "_filter / sizeof " + name + "_filter[0]];");
            line("\tstruct sock_fprog program = " + name + "_program;");
            line("");
            line("\t/* numbers of this process */");
            line("\tmemcpy(filter, " + name + "_filter, sizeof filter);");
            for (Patch patch : patches) {
                line("\tfilter[" + patch.instruction() + "].k = (unsigned int)" + number(patch.variable()) + ";");
            }
            line("\tprogram.filter = filter;");
            program = "&program";
        }
        line("\tif (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0)");
        line("\t\treturn -1;");
        line("#if defined(SYS_seccomp) && defined(SECCOMP_SET_MODE_FILTER)");
        line("\tif (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0UL, " + program + ") == 0)");
        line("\t\treturn 0;");
        line("\tif (errno != ENOSYS)");
        line("\t\treturn -1;");
        line("#endif");
        line("\treturn prctl(PR_SET_SECCOMP, (unsigned long)SECCOMP_MODE_FILTER, " + program + ", 0UL, 0UL);");
        line("}");
    }

    private static String number(Variable variable) {
        return switch (variable) {
            case PID -> "getpid()";
            case UID -> "getuid()";
            case GID -> "getgid()";
        };
    }

    private static String macro(Arch arch) {
        return switch (arch) {
            case X86_64 -> "defined(__x86_64__) && !defined(__ILP32__)";
            case AARCH64 -> "defined(__aarch64__) && !defined(__AARCH64EB__) && !defined(__ILP32__)";
            case RISCV64 -> "defined(__riscv) && __riscv_xlen == 64";
            case I386 -> "defined(__i386__)";
            case ARM -> "defined(__arm__) && !defined(__ARMEB__)";
            case PPC64LE -> "defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)";
            case S390X -> "defined(__s390x__)";
        };
    }
}
