package org.jpledge.tools.learn;

import java.util.List;
import org.jpledge.unveil.Permissions;

/**
 * A path and what is allowed there.
 *
 * @param path from the root; bytes as characters
 * @param letters what is allowed; none hides it
 * @param because the calls that force it
 */
public record Grant(String path, Permissions letters, List<Seen> because) {
    /** Copies the list. */
    public Grant {
        because = List.copyOf(because);
    }
}
