/**
 * What the words of pledge(2) mean on Linux: the promise table, a text in the rule language, and its lowering to a seccomp
 * filter.
 */
@NullMarked
package org.jpledge.promise;

import org.jspecify.annotations.NullMarked;
