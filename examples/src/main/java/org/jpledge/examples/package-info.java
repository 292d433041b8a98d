/** Programs that pledge. */
@org.jspecify.annotations.NullMarked
package org.jpledge.examples;
