/** A Java agent that holds an application to promises that it need not know of. */
@org.jspecify.annotations.NullMarked
package org.jpledge.agent;
