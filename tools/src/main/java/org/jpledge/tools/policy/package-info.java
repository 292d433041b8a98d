/** Policies as files: what they hold, how they are read and written. */
package org.jpledge.tools.policy;
