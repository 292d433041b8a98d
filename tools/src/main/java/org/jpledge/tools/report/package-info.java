/**
 * The supervisor of a program that is reported on: what was refused, why, and what would allow it.
 */
package org.jpledge.tools.report;
