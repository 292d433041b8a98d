package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.text.Json;

/** What was learnt, with all evidence, as one JSON object. */
public final class JsonText {
    private JsonText() {}

    /**
     * The text.
     *
     * @param learnt what was learnt
     * @param policy the policy that it makes
     * @return one line, with its end
     */
    public static String of(Learnt learnt, PolicyDocument policy) {
        Json.Members all = new Json.Members()
                .with("schema", "jpledge-learnt-1")
                .with("command", texts(policy.command()))
                .with("promises", String.join(" ", policy.words()));
        List<Json.Value> unveils = new ArrayList<>();
        for (Grant grant : learnt.unveils()) {
            unveils.add(new Json.Members()
                    .with("path", Reasons.shown(grant.path()))
                    .with("permissions", grant.letters().toString())
                    .with("because", seen(grant.because())));
        }
        all.with("unveil", new Json.Items(unveils));
        if (policy.ports().isPresent()) {
            all.with("connect", numbers(policy.ports().get().connect()))
                    .with("bind", numbers(policy.ports().get().bind()));
        }
        all.with("ignore_missing", new Json.Truth(policy.ignoreMissing()));
        Json.Members words = new Json.Members();
        learnt.promises().forEach((word, because) -> words.with(word, seen(because)));
        all.with("evidence", words);
        List<Json.Value> held = new ArrayList<>();
        for (Held each : learnt.held()) {
            held.add(new Json.Members()
                    .with("path", Reasons.shown(each.path()))
                    .with("permissions", each.letters().toString())
                    .with("because", seen(List.of(each.because()))));
        }
        all.with("held_back", new Json.Items(held))
                .with("impossible", seen(learnt.evidence().impossible()))
                .with("probes", seen(learnt.evidence().probes()))
                .with("notes", learnt.notes())
                .with("calls", new Json.Whole(learnt.evidence().calls()));
        return Json.text(all);
    }

    private static Json.Items seen(List<Seen> because) {
        List<Json.Value> items = new ArrayList<>();
        for (Seen each : because) {
            Json.Members members = new Json.Members()
                    .with("call", each.call())
                    .with("count", new Json.Whole(each.count()))
                    .with("example", Reasons.shown(each.example()));
            if (!each.outcome().isEmpty()) {
                members.with("error", each.outcome());
            }
            items.add(members);
        }
        return new Json.Items(items);
    }

    private static Json.Items numbers(SortedSet<Integer> ports) {
        List<Json.Value> numbers = new ArrayList<>();
        ports.forEach(port -> numbers.add(new Json.Whole(port)));
        return new Json.Items(numbers);
    }

    private static List<String> texts(List<String> words) {
        return words.stream().map(Reasons::shown).toList();
    }
}
