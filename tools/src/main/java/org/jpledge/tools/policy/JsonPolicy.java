package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import org.jpledge.landlock.FilePath;
import org.jpledge.seccomp.Frequencies;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;

/** A policy as JSON: the same keys as in TOML. What is written is read back as it was. */
public final class JsonPolicy {
    private JsonPolicy() {}

    /**
     * The text of a policy.
     *
     * @param policy the policy
     * @param variables names for places in its paths
     * @return a JSON object on one line, with its end
     * @throws PolicyException if a path or a word of the command is not UTF-8, so that no JSON can have it
     */
    public static String of(PolicyDocument policy, Variables variables) throws PolicyException {
        Json.Members all = new Json.Members();
        if (policy.promises().isPresent()) {
            all.with(Key.PROMISES.word(), String.join(" ", policy.words()));
        }
        if (!policy.command().isEmpty()) {
            List<String> words = new ArrayList<>();
            for (String word : policy.command()) {
                words.add(text(word));
            }
            all.with(Key.COMMAND.word(), words);
        }
        policy.onViolation().ifPresent(action -> all.with(Key.ON_VIOLATION.word(), FilterForm.text(action)));
        if (policy.ports().isPresent()) {
            all.with(Key.CONNECT.word(), numbers(policy.ports().get().connect()))
                    .with(Key.BIND.word(), numbers(policy.ports().get().bind()));
        }
        if (policy.ignoreMissing()) {
            all.with(Key.IGNORE_MISSING.word(), new Json.Truth(true));
        }
        if (!policy.allow().isEmpty()) {
            all.with(Key.ALLOW.word(), policy.allow());
        }
        if (!policy.deny().isEmpty()) {
            all.with(Key.DENY.word(), policy.deny());
        }
        policy.kernel().ifPresent(kernel -> all.with(Key.KERNEL.word(), kernel.toString()));
        if (!policy.limits().isEmpty()) {
            Json.Members limits = new Json.Members();
            policy.limits().forEach((limit, value) -> limits.with(limit.word(), new Json.Whole(value)));
            all.with(Key.LIMITS.word(), limits);
        }
        if (!policy.unveil().isEmpty()) {
            Json.Members paths = new Json.Members();
            for (Map.Entry<String, Permissions> each : policy.unveilBy(variables::named)) {
                paths.with(text(variables.named(each.getKey())), each.getValue().toString());
            }
            all.with(Key.UNVEIL.word(), paths);
        }
        if (!policy.filters().isEmpty()) {
            Json.Members filters = new Json.Members();
            policy.filters().forEach((name, filter) -> filters.with(name, filter(FilterForm.of(filter))));
            all.with(Key.FILTER.word(), filters);
        }
        return Json.text(all);
    }

    private static Json.Members filter(FilterForm form) {
        List<String> labels = new ArrayList<>();
        form.arches().forEach(arch -> labels.add(arch.label()));
        Json.Members filter = new Json.Members()
                .with(Key.ARCHITECTURES.word(), labels)
                .with(Key.OTHERWISE.word(), form.otherwise())
                .with(Key.UNKNOWN.word(), form.unknown())
                .with(Key.FOREIGN.word(), form.foreign());
        add(filter, form.common());
        form.parts().forEach((arch, part) -> filter.with(arch.label(), add(new Json.Members(), part)));
        return filter;
    }

    private static Json.Members add(Json.Members members, FilterForm.Part part) {
        if (!part.rules().isEmpty()) {
            members.with(Key.RULES.word(), part.rules());
        }
        if (part.frequencies().isPresent()) {
            Json.Members counts = new Json.Members();
            Frequencies frequencies = part.frequencies().get();
            frequencies.calls().forEach((call, count) -> counts.with(call, new Json.Whole(count)));
            members.with(Key.FREQUENCIES.word(), counts);
        }
        return members;
    }

    private static Json.Items numbers(SortedSet<Integer> ports) {
        List<Json.Value> numbers = new ArrayList<>();
        ports.forEach(port -> numbers.add(new Json.Whole(port)));
        return new Json.Items(numbers);
    }

    private static String text(String word) throws PolicyException {
        return TomlText.text(word)
                .orElseThrow(() ->
                        new PolicyException("not UTF-8, so no JSON can have it: " + FilePath.of(Words.bytes(word))));
    }
}
