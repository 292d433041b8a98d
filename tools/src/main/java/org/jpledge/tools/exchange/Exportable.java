package org.jpledge.tools.exchange;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.seccomp.Filter;
import org.jpledge.tools.policy.PolicyDocument;

/**
 * What is to be written in a form of others.
 *
 * @param name a short name of the policy, for formats that want one: lower-case letters, digits and dashes
 * @param policy all that the policy says: what is not in the filters either is in the format or is lost
 * @param filters by name, at least one; where a policy has promises, the filter with which its program can be loaded
 */
public record Exportable(String name, PolicyDocument policy, SortedMap<String, Filter> filters) {
    /** Copies the filters. */
    public Exportable {
        filters = Collections.unmodifiableSortedMap(new TreeMap<>(filters));
    }

    /**
     * Adds filters of other names than those that are there.
     *
     * @param others by name
     * @return what is to be written with them
     */
    public Exportable beside(Map<String, Filter> others) {
        SortedMap<String, Filter> all = new TreeMap<>(others);
        all.putAll(filters);
        return new Exportable(name, policy, all);
    }
}
