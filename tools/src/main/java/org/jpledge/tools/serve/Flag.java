package org.jpledge.tools.serve;

/**
 * An option of a command, as requests may name it.
 *
 * @param word its long form without the dashes
 * @param takesArgument whether it takes one
 * @param repeated whether it may be given more than once
 */
public record Flag(String word, boolean takesArgument, boolean repeated) {}
