/** A small assembler for the two processors that launchers and signal handlers are generated for. */
package org.jpledge.machine;
