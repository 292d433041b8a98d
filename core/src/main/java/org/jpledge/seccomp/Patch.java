package org.jpledge.seccomp;

/**
 * A constant of a program that is filled in by the process that will be confined.
 *
 * @param instruction the index of the instruction whose constant it is
 * @param variable what the constant becomes
 */
public record Patch(int instruction, Variable variable) {}
