/** Seccomp filters as they are found: programs of instructions, whoever made them. */
@org.jspecify.annotations.NullMarked
package org.jpledge.tools.inspect;
