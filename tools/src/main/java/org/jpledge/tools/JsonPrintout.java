package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jpledge.bpf.Disassembler;
import org.jpledge.bpf.Program;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Loss;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Ruleset;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.promise.Amendment;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.NamedFilter;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Shortfall;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.seccomp.Rule;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Difference;
import org.jpledge.unveil.Unveil;

/** What {@code --print --json} shows: one object, with the same as the text. */
final class JsonPrintout {
    private JsonPrintout() {}

    static String of(Preparation prepared) {
        Policy policy = prepared.options().policy();
        Enforcement enforcement = prepared.enforcement();
        LaunchPlan plan = prepared.plan();
        List<String> arguments = new ArrayList<>();
        for (byte[] argument : plan.arguments()) {
            arguments.add(Json.ofBytes(argument));
        }
        List<String> unveils = new ArrayList<>();
        for (Unveil unveil : policy.view().unveils()) {
            unveils.add(unveil.word());
        }
        List<String> filters = new ArrayList<>();
        for (NamedFilter filter : policy.amendments().filters()) {
            filters.add(Words.readable(filter.name()));
        }
        Json.Members all = new Json.Members()
                .with("program", Json.ofBytes(plan.program()))
                .with("arguments", arguments)
                .with("promises", policy.promises().words())
                .with("promised", new Json.Truth(policy.amendments().promised()))
                .with("own", own(policy))
                .with("filters", filters)
                .with("violation", FilterText.of(policy.violation(), plan.arch()))
                .with("unveils", unveils)
                .with("connect", ports(policy.ports().connect()))
                .with("bind", ports(policy.ports().bind()))
                .with("strict", new Json.Truth(policy.demand() == Demand.EVERYTHING))
                .with("kernel", kernel(prepared.kernel()))
                .with(
                        "paths",
                        enforcement.paths().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .with("shortfalls", shortfalls(enforcement))
                .with("losses", losses(enforcement))
                .with("differences", differences(enforcement))
                .with("exact", stage(policy.exact(plan.arch(), enforcement), plan.arch(), enforcement.exact()))
                .with("loader", stage(policy.loader(plan.arch(), enforcement), plan.arch(), enforcement.loader()))
                .with(
                        "bpf",
                        new Json.Members()
                                .with(
                                        "exact",
                                        bpf(plan, plan.confinement().exact().program()))
                                .with(
                                        "loader",
                                        bpf(plan, plan.confinement().loader().program())));
        return Json.text(all);
    }

    private static Json.Value own(Policy policy) {
        List<Json.Value> values = new ArrayList<>();
        for (Amendment rule : policy.amendments().rules()) {
            values.add(
                    new Json.Members().with("option", rule.kind().option()).with("rule", Words.readable(rule.text())));
        }
        return new Json.Items(values);
    }

    private static Json.Value kernel(RunningKernel kernel) {
        Json.Members members = new Json.Members();
        members.with("landlock", new Json.Whole(kernel.abi().version()));
        kernel.absence().ifPresent(reason -> members.with("reason", reason));
        return members;
    }

    private static Json.Value ports(Iterable<Integer> ports) {
        List<Json.Value> values = new ArrayList<>();
        for (int port : ports) {
            values.add(new Json.Whole(port));
        }
        return new Json.Items(values);
    }

    private static Json.Value shortfalls(Enforcement enforcement) {
        List<Json.Value> values = new ArrayList<>();
        for (Shortfall each : enforcement.shortfalls()) {
            values.add(new Json.Members()
                    .with("what", each.what())
                    .with("needs", new Json.Whole(each.needs().version()))
                    .with("has", new Json.Whole(each.has().version()))
                    .with("severity", each.severity().name().toLowerCase(Locale.ROOT))
                    .with("text", each.text()));
        }
        return new Json.Items(values);
    }

    private static Json.Value losses(Enforcement enforcement) {
        List<Json.Value> values = new ArrayList<>();
        for (Loss loss : enforcement.losses()) {
            Abi since = loss.right().since();
            values.add(new Json.Members()
                    .with("right", RulesetText.word(loss.right()))
                    .with("needs", new Json.Whole(since.version()))
                    .with(
                            "effect",
                            switch (loss) {
                                case Loss.Unenforced _ -> "not refused";
                                case Loss.Ungrantable _ -> "always refused";
                            }));
        }
        return new Json.Items(values);
    }

    private static Json.Value differences(Enforcement enforcement) {
        List<Json.Value> values = new ArrayList<>();
        for (Difference each : enforcement.differences()) {
            values.add(new Json.Members()
                    .with("allowsMore", new Json.Truth(each.allowsMore()))
                    .with("text", each.text()));
        }
        return new Json.Items(values);
    }

    private static Json.Value stage(Filter filter, Arch arch, Optional<Ruleset> ruleset) {
        List<String> rules = new ArrayList<>();
        for (Filter.Section section : filter.sections()) {
            RuleText text = new RuleText(section.arch());
            for (Rule rule : section.rules()) {
                StringBuilder line = new StringBuilder();
                text.append(line, rule);
                rules.add(line.toString().strip());
            }
        }
        return new Json.Members()
                .with("rules", rules)
                .with("otherwise", FilterText.of(filter.otherwise(), arch))
                .with("landlock", ruleset.isPresent() ? ruleset(ruleset.get()) : new Json.Nothing());
    }

    private static Json.Value ruleset(Ruleset ruleset) {
        List<Json.Value> paths = new ArrayList<>();
        for (PathRule rule : ruleset.paths()) {
            paths.add(new Json.Members()
                    .with("path", rule.path().toString())
                    .with("directory", new Json.Truth(rule.directory()))
                    .with("allowed", RulesetText.files(rule.allowed()))
                    .with("presence", RulesetText.presence(rule)));
        }
        List<Json.Value> ports = new ArrayList<>();
        for (PortRule rule : ruleset.ports()) {
            ports.add(new Json.Members()
                    .with("port", new Json.Whole(rule.port()))
                    .with("allowed", RulesetText.ports(rule.allowed())));
        }
        return new Json.Members()
                .with("handled", RulesetText.handled(ruleset))
                .with("paths", new Json.Items(paths))
                .with("ports", new Json.Items(ports));
    }

    private static Json.Value bpf(LaunchPlan plan, Program program) {
        List<Json.Value> lines = new ArrayList<>();
        for (String line :
                Disassembler.text(program, plan.arch().order()).lines().toList()) {
            lines.add(new Json.Text(line.strip()));
        }
        return new Json.Items(lines);
    }
}
