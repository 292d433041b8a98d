/**
 * Unveils: what OpenBSD's unveil(2) means for paths, as one Landlock ruleset.
 *
 * <p>The most specific unveil of a path wins, though in Landlock rules only add up: where something below an unveiled
 * directory is to have less, {@link org.jpledge.unveil.Veil} grants to the neighbours one by one what the directory cannot
 * have as a whole.
 */
package org.jpledge.unveil;
