package org.jpledge.tools;

import java.io.IOException;

/** How a program is started, once it is known what is to be run. */
interface Start {
    /**
     * Starts it.
     *
     * @param prepared all that is known of it
     * @return exit status of this process, if it still exists
     */
    int start(Preparation prepared) throws Failure, IOException;
}
