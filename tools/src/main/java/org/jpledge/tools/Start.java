package org.jpledge.tools;

import java.io.IOException;
import org.jpledge.launch.LaunchPlan;

/** How a program is started, once it is known what is to be run. */
interface Start {
    /**
     * Starts it.
     *
     * @param plan the plan, with all of the command's arguments
     * @param found the program
     * @param operands index of the command's word on the command line
     * @param fixed whether the same words always mean the same plan for the same program
     * @return exit status of this process, if it still exists
     */
    int start(LaunchPlan plan, CommandSearch found, int operands, boolean fixed) throws Failure, IOException;
}
