/**
 * The learner: from what programs did to the least that allows it.
 */
package org.jpledge.tools.learn;
