package org.jpledge.tools.exchange;

import java.util.List;
import java.util.Map;
import org.jpledge.seccomp.Filter;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;

/** What formats that know only filters cannot say. */
final class Losses {
    private Losses() {}

    /**
     * Names what is not about system calls and their arguments.
     *
     * @param policy what is to be written
     * @param format what the format is called, with its article
     * @param losses gets a line for each part
     */
    static void ofPaths(Exportable policy, String format, List<String> losses) {
        PolicyDocument document = policy.policy();
        document.unveil()
                .forEach((path, letters) ->
                        losses.add("unveil " + letters + ":" + path + ": " + format + " knows no paths"));
        if (document.ports().isPresent()) {
            PortList ports = document.ports().get();
            losses.add("ports " + ports.connect() + " to connect and " + ports.bind() + " to bind: " + format
                    + " knows no ports");
        }
        document.limits()
                .forEach((limit, value) ->
                        losses.add("limit " + limit.word() + " " + value + ": " + format + " knows no limits"));
    }

    /**
     * The filter of a format that has one.
     *
     * @param policy what is to be written
     * @param format what the format is called, with its article
     * @param losses gets a line for each other filter
     * @return the one that has the usual name, or else the first
     */
    static Filter single(Exportable policy, String format, List<String> losses) {
        Map<String, Filter> filters = policy.filters();
        Filter main = filters.get(Imported.MAIN);
        String first = policy.filters().firstKey();
        String kept = main == null ? first : Imported.MAIN;
        for (String name : filters.keySet()) {
            if (!name.equals(kept)) {
                losses.add("filter " + name + ": " + format + " has one filter");
            }
        }
        return main == null ? policy.filters().firstEntry().getValue() : main;
    }
}
