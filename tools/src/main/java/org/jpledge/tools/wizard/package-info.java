/** Questions that lead to a policy: one interview, held on a terminal, through a pipe or through a socket. */
@org.jspecify.annotations.NullMarked
package org.jpledge.tools.wizard;
