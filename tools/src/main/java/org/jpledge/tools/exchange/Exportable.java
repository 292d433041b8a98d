package org.jpledge.tools.exchange;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.seccomp.Filter;

/**
 * What is to be written in a form of others.
 *
 * @param name a short name of the policy, for formats that want one: lower-case letters, digits and dashes
 * @param filters by name, at least one; where a policy has promises, the filter with which its program can be loaded
 */
public record Exportable(String name, SortedMap<String, Filter> filters) {
    /** Copies the filters. */
    public Exportable {
        filters = Collections.unmodifiableSortedMap(new TreeMap<>(filters));
    }
}
