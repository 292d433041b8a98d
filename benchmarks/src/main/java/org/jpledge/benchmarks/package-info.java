/** Figures for the claims of the documentation, printed by one command. */
@NullMarked
package org.jpledge.benchmarks;

import org.jspecify.annotations.NullMarked;
