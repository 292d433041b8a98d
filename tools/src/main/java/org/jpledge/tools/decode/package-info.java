/**
 * What system calls mean: from registers and memory to events. Two tables say it, calls.table for arguments, symbols.table and
 * structures.table for what they are made of; the classes here read them once for each architecture.
 */
package org.jpledge.tools.decode;
