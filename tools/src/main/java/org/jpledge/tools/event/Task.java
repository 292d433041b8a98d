package org.jpledge.tools.event;

/**
 * A thread of a process.
 *
 * @param process the number of its process, {@code getpid(2)}
 * @param thread its own number, {@code gettid(2)}
 */
public record Task(int process, int thread) {}
