package org.jpledge.tools.learn;

import org.jpledge.unveil.Permissions;

/**
 * What the program used, and what is unveiled only if the user says so.
 *
 * @param path where; bytes as characters
 * @param letters what
 * @param because the call that would force it
 */
public record Held(String path, Permissions letters, Seen because) {}
