package org.jpledge.tools.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.FilterText;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.YamlReading;

/**
 * The resource SeccompProfile of Kubernetes' security-profiles-operator, in YAML or JSON. Its spec is what container runtimes
 * read, with fewer keys: no includes, and no number for the default's error.
 */
final class Kubernetes {
    private static final String KIND = "SeccompProfile";
    private static final String VERSION = "security-profiles-operator.x-k8s.io/v1";
    private static final Set<String> OWN = Set.of("baseProfileName", "state");
    private static final Action EPERM = new Action.Errno(1);

    private Kubernetes() {}

    /** Whether a text is such a resource, well-formed or not. */
    static boolean knows(String text) {
        return text.contains(KIND) && text.contains("apiVersion") && text.contains("kind");
    }

    /** Reads a resource. */
    static Imported read(String text, ImportSettings settings) throws ImportException {
        try {
            Node node = text.stripLeading().startsWith("{") ? JsonReading.read(text) : YamlReading.read(text);
            Node.Members resource = node.object();
            Node kind = resource.get("kind");
            if (!kind.string().equals(KIND)) {
                throw kind.error("a resource of the kind " + KIND + " is expected, not " + kind.kind());
            }
            Node.Members spec = resource.get("spec").object();
            List<String> remarks = new ArrayList<>();
            if (spec.find("baseProfileName").isPresent()) {
                remarks.add("what \"baseProfileName\" names ("
                        + spec.get("baseProfileName").string() + ") is allowed as well, and is not known here");
            }
            spec.members().keySet().removeAll(OWN);
            Imported imported = Oci.read(spec, settings);
            remarks.addAll(imported.remarks());
            return new Imported(imported.filters(), remarks);
        } catch (SyntaxException e) {
            throw new ImportException(e);
        }
    }

    /** Writes a resource, with the part of a pod that uses it as a comment. */
    static Exported write(Exportable policy) {
        List<String> losses = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Losses.ofPaths(policy, KIND, losses);
        Filter filter = RuntimeNeeds.added(policy, Losses.single(policy, KIND, losses), losses);
        if (filter.otherwise() instanceof Action.Errno && !filter.otherwise().equals(EPERM)) {
            losses.add("all other calls get errno EPERM, not "
                    + FilterText.of(
                            filter.otherwise(), filter.sections().getFirst().arch()) + ": " + KIND
                    + " has no number for it");
        }
        Json.Members spec = OciWriting.profile(filter, false, losses, remarks);
        spec.members().remove("defaultErrnoRet");
        if (spec.members().get("syscalls") instanceof Json.Items(List<Json.Value> entries)) {
            List<Json.Value> kept = new ArrayList<>();
            for (Json.Value entry : entries) {
                if (hasGreatNumber(entry)) {
                    losses.add(Json.text(entry).strip() + ": " + KIND
                            + " has numbers up to 2^63 - 1; the rule is left out");
                } else {
                    kept.add(entry);
                }
            }
            spec.with("syscalls", new Json.Items(kept));
        }
        StringBuilder out = new StringBuilder(4096);
        out.append("apiVersion: ").append(VERSION).append("\nkind: ").append(KIND);
        out.append("\nmetadata:\n  name: ").append(policy.name()).append("\nspec:\n");
        append(out, spec, "  ");
        out.append("# A container uses it with\n");
        out.append("#   securityContext:\n");
        out.append("#     allowPrivilegeEscalation: false\n");
        out.append("#     seccompProfile:\n");
        out.append("#       type: Localhost\n");
        out.append("#       localhostProfile: operator/").append(policy.name()).append(".json\n");
        return new Exported(out.toString(), losses, remarks);
    }

    private static boolean hasGreatNumber(Json.Value value) {
        return switch (value) {
            case Json.Members(Map<String, Json.Value> members) ->
                members.values().stream().anyMatch(Kubernetes::hasGreatNumber);
            case Json.Items(List<Json.Value> items) -> items.stream().anyMatch(Kubernetes::hasGreatNumber);
            case Json.Bits(long number) -> number < 0;
            case Json.Text _, Json.Whole _, Json.Digits _, Json.Seconds _, Json.Truth _, Json.Nothing _ -> false;
        };
    }

    private static void append(StringBuilder out, Json.Value value, String indent) {
        if (value instanceof Json.Members(Map<String, Json.Value> members)) {
            members.forEach((name, member) -> {
                out.append(indent).append(name).append(':');
                if (member instanceof Json.Items || member instanceof Json.Members) {
                    out.append('\n');
                    append(out, member, indent + "  ");
                } else {
                    out.append(' ').append(scalar(member)).append('\n');
                }
            });
        } else if (value instanceof Json.Items(List<Json.Value> items)) {
            for (Json.Value item : items) {
                if (item instanceof Json.Members) {
                    int from = out.length();
                    append(out, item, indent + "  ");
                    out.setCharAt(from + indent.length(), '-');
                } else {
                    out.append(indent).append("- ").append(scalar(item)).append('\n');
                }
            }
        }
    }

    /** Names and numbers, which need no quotes. */
    private static String scalar(Json.Value value) {
        return value instanceof Json.Text(String text) ? text : Json.text(value).strip();
    }
}
