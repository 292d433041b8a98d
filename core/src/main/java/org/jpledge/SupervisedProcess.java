package org.jpledge;

/**
 * A program about whose calls this process is asked.
 *
 * @param process the program
 * @param notifications the calls; whoever has them is to receive and answer them while the program runs, or to close them
 */
public record SupervisedProcess(Process process, Notifications notifications) {}
