/** Policies in the forms of others: what is read from them and written for them, with all that is lost on the way by name. */
@org.jspecify.annotations.NullMarked
package org.jpledge.tools.exchange;
