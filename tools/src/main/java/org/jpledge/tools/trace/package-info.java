/**
 * The tracer: ptrace(2) on whole trees of processes. It knows registers and stops; what system calls mean is said elsewhere.
 */
package org.jpledge.tools.trace;
