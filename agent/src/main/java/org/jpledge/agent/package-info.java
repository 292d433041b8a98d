/** Confines an unmodified application, before its first class is loaded. */
@org.jspecify.annotations.NullMarked
package org.jpledge.agent;
