/**
 * The server of {@code pledge serve}: its socket, who connects, and the languages that are spoken there. What it does for them is the
 * command's own work, which it is given.
 */
@org.jspecify.annotations.NullMarked
package org.jpledge.tools.serve;
