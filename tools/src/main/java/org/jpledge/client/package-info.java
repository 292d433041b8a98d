/** A client of {@code pledge serve}: {@link org.jpledge.client.PledgeClient}. */
@org.jspecify.annotations.NullMarked
package org.jpledge.client;
