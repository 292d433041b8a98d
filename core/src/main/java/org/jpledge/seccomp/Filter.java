package org.jpledge.seccomp;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.bpf.SeccompData;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.Since;
import org.jpledge.syscall.SyscallTable;

/**
 * A seccomp policy: what happens to every system call of every architecture.
 *
 * <p>A call is decided by the first of these that speaks about it: an architecture without a section, and on x86-64 the
 * numbers of x32, get {@code foreign}; the number -1 is allowed, as it is no call but a tracer's way to skip one; the first
 * rule of the section that matches; {@code otherwise}, if the section has a rule for the number or the architecture knows
 * it; and {@code unknown} for the rest, so that what the kernel learns later fails in the way that libraries expect.
 *
 * @param sections one for each architecture, in the order in which a program asks for them
 * @param otherwise for calls that no rule matches
 * @param unknown for numbers that the architecture's table does not know, usually ENOSYS
 * @param foreign for calls of another architecture
 */
public record Filter(List<Section> sections, Action otherwise, Action unknown, Action foreign) {
    /** On x86-64, the first of the numbers that mean x32, a second set of calls with other pointers. */
    public static final int X32 = 0x40000000;

    /** The number by which a tracer says that no call is to be made. */
    public static final int SKIPPED = -1;

    /**
     * The rules of one architecture.
     *
     * @param arch the architecture
     * @param rules in order of precedence
     * @param frequencies how often which calls are made; they make a program faster or slower and answer nothing
     */
    public record Section(Arch arch, List<Rule> rules, Frequencies frequencies) {
        /** Checks that the architecture can have such numbers. */
        public Section {
            rules = List.copyOf(rules);
            for (int i = 0; i < rules.size(); i++) {
                int number = rules.get(i).number();
                if (number < 0 || (arch == Arch.X86_64 && number >= X32)) {
                    throw new IllegalArgumentException(number + " is not a system call of " + arch.label());
                }
            }
        }

        /**
         * The rules of one architecture, whose calls are made as often as was measured.
         *
         * @param arch the architecture
         * @param rules in order of precedence
         */
        public Section(Arch arch, List<Rule> rules) {
            this(arch, rules, Frequencies.MEASURED);
        }

        /**
         * The same rules for other frequencies.
         *
         * @param other how often which calls are made
         * @return a section that answers the same
         */
        public Section with(Frequencies other) {
            return new Section(arch, rules, other);
        }
    }

    /** Checks that no architecture has two sections. */
    public Filter {
        sections = List.copyOf(sections);
        if (sections.isEmpty()) {
            throw new IllegalArgumentException("a filter speaks about at least one architecture");
        }
        for (int i = 0; i < sections.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (sections.get(i).arch() == sections.get(j).arch()) {
                    throw new IllegalArgumentException(
                            "two sections for " + sections.get(i).arch().label());
                }
            }
        }
    }

    /**
     * Makes a filter for one architecture.
     *
     * @param arch the architecture
     * @param rules in order of precedence
     * @param otherwise for calls that no rule matches
     * @param unknown for numbers that the architecture's table does not know
     * @param foreign for calls of another architecture
     * @return the filter
     */
    public static Filter of(Arch arch, List<Rule> rules, Action otherwise, Action unknown, Action foreign) {
        return new Filter(List.of(new Section(arch, rules)), otherwise, unknown, foreign);
    }

    /**
     * The filter as somebody meant it who knew the calls of one kernel only. A call that is newer and has no rule is as
     * unknown to him as a number that no table has, so it gets {@code unknown}: with ENOSYS, libraries fall back to what they did
     * before, which they do not if it is EPERM. Where the filter refuses what it has no rule for, the same holds for clone3
     * and openat2, whatever the version: a filter cannot see their arguments, and who allows clone or openat does not mean to
     * refuse threads and files.
     *
     * @param kernel the kernel that the rules were written for
     * @return the filter with a rule for each such call, after all others
     */
    public Filter withKernel(KernelVersion kernel) {
        List<Section> older = new ArrayList<>(sections.size());
        for (Section section : sections) {
            BitSet ruled = new BitSet(512);
            for (Rule rule : section.rules()) {
                ruled.set(rule.number());
            }
            List<Rule> rules = new ArrayList<>(section.rules());
            for (Map.Entry<Integer, String> call :
                    SyscallTable.of(section.arch()).byNumber().entrySet()) {
                if (!ruled.get(call.getKey()) && isBeyond(kernel, call.getValue(), section.arch())) {
                    rules.add(new Rule(call.getKey(), List.of(), unknown));
                }
            }
            older.add(new Section(section.arch(), rules, section.frequencies()));
        }
        return new Filter(older, otherwise, unknown, foreign);
    }

    private boolean isBeyond(KernelVersion kernel, String call, Arch arch) {
        Optional<KernelVersion> since = Since.of(call, arch);
        boolean newer = since.isPresent() && since.get().compareTo(kernel) > 0;
        return newer || (Action.isRefusal(otherwise) && (call.equals("clone3") || call.equals("openat2")));
    }

    /**
     * Decides a call by going through the rules: what compiled programs are held against.
     *
     * @param call the call
     * @param self the process that makes it
     * @return what is to happen
     */
    public Action decide(SeccompData call, Identity self) {
        for (int i = 0; i < sections.size(); i++) {
            if (sections.get(i).arch().audit() == call.arch()) {
                return decide(sections.get(i), call, self);
            }
        }
        return foreign;
    }

    /**
     * This filter and another one as one filter that answers as the kernel does where both are installed (seccomp(2)): of two
     * answers it gives the more severe one, and of two that mean the same, this filter's data.
     *
     * <p>An architecture without a section is foreign: if one of the filters has no section for it and refuses what is foreign,
     * the result has none either, and refuses it as whoever of the two is more severe about foreign calls. The number {@link
     * #SKIPPED} is allowed on all architectures of the result.
     *
     * @param other the other filter
     * @return the product; rules of one number are in order, numbers ascend
     * @throws IllegalArgumentException if the two have no architecture in common, or only one of them has an architecture and
     *     the other lets what is foreign through, but not as it does with unknown numbers: one filter cannot say both
     */
    public Filter and(Filter other) {
        return Product.of(this, other);
    }

    private Action decide(Section section, SeccompData call, Identity self) {
        int number = call.nr();
        if (number == SKIPPED) {
            return Action.ALLOW;
        }
        if (section.arch() == Arch.X86_64 && Integer.compareUnsigned(number, X32) >= 0) {
            return foreign;
        }
        boolean known = SyscallTable.of(section.arch()).name(number).isPresent();
        for (int i = 0; i < section.rules().size(); i++) {
            Rule rule = section.rules().get(i);
            if (rule.matches(call, self)) {
                return rule.action();
            }
            known |= rule.number() == number;
        }
        return known ? otherwise : unknown;
    }
}
