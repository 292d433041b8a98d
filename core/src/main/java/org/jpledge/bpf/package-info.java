/**
 * Classic BPF as seccomp takes it: instructions, programs that the kernel would accept, an assembler with labels, a
 * disassembler, an interpreter, and the kernel's own shortcut for calls that are always allowed.
 */
package org.jpledge.bpf;
