package org.jpledge.tools.exchange;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jpledge.seccomp.Filter;
import org.jpledge.tools.policy.PolicyDocument;

/**
 * What was read from a file of others.
 *
 * @param filters by name; {@link #MAIN} where the format knows one filter only
 * @param policy what the file says besides filters: paths, ports, limits; if it is a policy's file of ours that has more than
 *     filters, all that it says
 * @param remarks what the file says that has no effect here, such as calls that no architecture has; a line each
 */
public record Imported(SortedMap<String, Filter> filters, PolicyDocument policy, List<String> remarks) {
    /** The name of a file's only filter. */
    public static final String MAIN = "main";

    /** Copies the collections. */
    public Imported {
        filters = Collections.unmodifiableSortedMap(new TreeMap<>(filters));
        remarks = List.copyOf(remarks);
    }

    /**
     * What a file of filters alone says.
     *
     * @param filters by name
     * @param remarks what has no effect
     */
    public Imported(SortedMap<String, Filter> filters, List<String> remarks) {
        this(filters, PolicyDocument.EMPTY, remarks);
    }

    /**
     * A file's only filter.
     *
     * @param filter the filter
     * @param remarks what has no effect
     * @return the two
     */
    public static Imported of(Filter filter, List<String> remarks) {
        return new Imported(new TreeMap<>(Map.of(MAIN, filter)), remarks);
    }

    /**
     * One of the filters.
     *
     * @param name its name; empty for the only one, or the one that is called {@value #MAIN}
     * @return the filter
     * @throws ImportException if there is none of that name, or several and none was named; the message names them
     */
    public Filter filter(String name) throws ImportException {
        String key = name.isEmpty() && filters.size() == 1 ? filters.firstKey() : name.isEmpty() ? MAIN : name;
        Filter filter = filters.get(key);
        if (filter == null) {
            String all = String.join(", ", filters.keySet());
            throw new ImportException(
                    name.isEmpty()
                            ? "there are several filters in it: " + all + "; one has to be named, as in FILE#"
                                    + filters.firstKey()
                            : "there is no filter " + name + " in it, only: " + all);
        }
        return filter;
    }
}
