/**
 * Seccomp policies as values: filters made of rules, the rule language they are written in, the compiler that turns them
 * into classic BPF, and the verifier that holds a compiled program against the rules it came from.
 */
package org.jpledge.seccomp;
