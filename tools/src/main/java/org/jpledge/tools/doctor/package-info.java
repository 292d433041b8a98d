/** What the machine can enforce: facts that are asked for, and what they mean. */
@org.jspecify.annotations.NullMarked
package org.jpledge.tools.doctor;
