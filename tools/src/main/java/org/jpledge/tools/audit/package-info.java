/**
 * What the kernel wrote down of refusals: audit records of seccomp and Landlock, as text of several kinds, read into values.
 */
package org.jpledge.tools.audit;
