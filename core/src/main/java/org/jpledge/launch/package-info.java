/**
 * Launch plans, and the small static programs that carry them out.
 *
 * <p>A {@link org.jpledge.launch.LaunchPlan} says what is to happen between the caller's {@code execve} of the launcher
 * and the confined program's first instruction. {@link org.jpledge.launch.Launcher} turns it into an ELF executable
 * that needs no library and no Java.
 */
package org.jpledge.launch;
