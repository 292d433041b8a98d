/** Tests that run under promises. */
@org.jspecify.annotations.NullMarked
package org.jpledge.junit;
