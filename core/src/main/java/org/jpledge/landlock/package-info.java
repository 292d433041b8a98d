/**
 * Landlock as values: the rights, structures and limits of each version of the kernel's interface, rulesets that adapt to a
 * version and say what was lost, and a model that answers what rulesets allow.
 */
package org.jpledge.landlock;
