package org.jpledge.tools;

import java.util.List;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Program;
import org.jpledge.landlock.Loss;
import org.jpledge.landlock.Ruleset;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Step;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Shortfall;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Difference;

/** What {@code --print} shows: the plan, the filter as rules, and its BPF program. */
final class Printout {
    private static final int WIDTH = 60;

    private final StringBuilder out = new StringBuilder();
    private final LaunchPlan plan;

    private Printout(LaunchPlan plan) {
        this.plan = plan;
    }

    static String of(Preparation prepared) {
        Policy policy = prepared.options().policy();
        Enforcement enforcement = prepared.enforcement();
        LaunchPlan plan = prepared.plan();
        Printout printout = new Printout(plan);
        Arch arch = plan.arch();
        printout.plan();
        printout.landlock(prepared);
        Filter exact = policy.exact(arch, enforcement);
        printout.heading("Filter from the entry point on, " + arch.label());
        OwnRules.append(printout.out, policy);
        printout.rules(policy, exact, List.of());
        printout.heading("Before the entry point, for the dynamic linker, also");
        for (Filter.Section section : exact.sections()) {
            if (section.arch() == arch) {
                printout.rules(policy, policy.loader(arch, enforcement), section.rules());
            }
        }
        printout.program(
                "BPF from the entry point on", plan.confinement().exact().program());
        printout.program(
                "BPF before the entry point", plan.confinement().loader().program());
        return printout.out.toString();
    }

    private void landlock(Preparation prepared) {
        Enforcement enforcement = prepared.enforcement();
        heading("Paths and ports from the entry point on, " + prepared.kernel().text());
        if (enforcement.exact().isEmpty()) {
            out.append("# Landlock refuses nothing\n");
        } else {
            Ruleset exact = enforcement.exact().get();
            refused(exact);
            RulesetText.append(out, exact, List.of(), List.of());
        }
        if (enforcement.loader().isPresent()) {
            Ruleset exact = enforcement.exact().orElse(Ruleset.NOTHING);
            heading("Before the entry point, for the dynamic linker, also");
            RulesetText.append(out, enforcement.loader().get(), exact.paths(), exact.ports());
        }
        if (!enforcement.shortfalls().isEmpty() || !enforcement.losses().isEmpty()) {
            heading("What this kernel does not enforce");
            for (Shortfall shortfall : enforcement.shortfalls()) {
                out.append(Words.ofText(shortfall.text())).append('\n');
            }
            for (Loss loss : enforcement.losses()) {
                out.append(RulesetText.word(loss.right()))
                        .append(" (Landlock ABI ")
                        .append(loss.right().since().version())
                        .append(loss instanceof Loss.Unenforced ? ") is not refused\n" : ") is always refused\n");
            }
        }
        if (!enforcement.differences().isEmpty()) {
            heading("What differs from the unveils");
            for (Difference difference : enforcement.differences()) {
                out.append(difference.allowsMore() ? "more: " : "less: ")
                        .append(Words.ofText(difference.text()))
                        .append('\n');
            }
        }
    }

    private void refused(Ruleset ruleset) {
        out.append("# refused but for what follows:");
        int column = out.length();
        for (String right : RulesetText.handled(ruleset)) {
            if (out.length() - column > WIDTH) {
                out.append("\n#  ");
                column = out.length();
            }
            out.append(' ').append(right);
        }
        out.append('\n');
    }

    private void plan() {
        out.append("# Plan\n");
        line("execute", RawPath.quoted(plan.program()));
        StringBuilder arguments = new StringBuilder();
        for (byte[] argument : plan.arguments()) {
            arguments.append(arguments.isEmpty() ? "" : " ").append(RawPath.quoted(argument));
        }
        line("arguments", arguments.toString());
        plan.confinement().dynamicLinker().ifPresent(linker -> line("linker", RawPath.quoted(linker)));
        for (Step step : plan.steps()) {
            switch (step) {
                case Step.CloseDescriptors(var kept) ->
                    line("descriptors", "0 1 2" + (kept.isEmpty() ? "" : " and " + kept) + ", all others are closed");
                case Step.Limit(int resource, long value) -> line("limit", "resource " + resource + " to " + value);
                case Step.Directory(byte[] path) -> line("directory", RawPath.quoted(path));
                case Step.Identity(int uid, int gid) ->
                    line("identity", (uid < 0 ? "" : "uid " + uid + " ") + (gid < 0 ? "" : "gid " + gid));
                case Step.Environment(boolean inherit, List<byte[]> changes) -> {
                    line("environment", inherit ? "the caller's" : "empty");
                    for (byte[] change : changes) {
                        line("  and", RawPath.quoted(change));
                    }
                }
                case Step.PassedEnvironment _ -> line("environment", "from the first argument");
            }
        }
        line("otherwise", plan.confinement().strict() ? "refuse to start" : "stay in the linker's sandbox, and say so");
    }

    private void rules(Policy policy, Filter filter, List<Rule> known) {
        for (Filter.Section section : filter.sections()) {
            if (filter.sections().size() > 1) {
                out.append("# ").append(section.arch().label()).append('\n');
            }
            RuleText text = new RuleText(section.arch());
            List<String> origins = known.isEmpty() ? OwnRules.origins(policy, section) : List.of();
            for (int i = 0; i < section.rules().size(); i++) {
                if (i < origins.size() && (i == 0 || !origins.get(i).equals(origins.get(i - 1)))) {
                    out.append("# ").append(origins.get(i)).append('\n');
                } else if (i == origins.size() && i > 0) {
                    out.append("# after these\n");
                }
                if (!known.contains(section.rules().get(i))) {
                    text.append(out, section.rules().get(i));
                }
            }
            if (known.isEmpty()) {
                out.append("# any other call -> ").append(FilterText.of(filter.otherwise(), section.arch()));
                out.append("\n# a call that this kernel knows and this build does not -> ");
                out.append(FilterText.of(filter.unknown(), section.arch()));
                out.append("\n# a call of another architecture -> ")
                        .append(FilterText.of(filter.foreign(), section.arch()))
                        .append('\n');
            }
        }
    }

    private void program(String title, Program program) {
        heading(title + ", " + program.length() + " instructions");
        out.append(Disassembler.text(program, plan.arch().order()));
    }

    private void heading(String title) {
        out.append("\n# ").append(title).append('\n');
    }

    private void line(String name, String value) {
        out.append(name);
        for (int i = name.length(); i < 12; i++) {
            out.append(' ');
        }
        out.append(value).append('\n');
    }
}
