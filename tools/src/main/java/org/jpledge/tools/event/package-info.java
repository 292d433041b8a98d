/**
 * What traced programs do, as values: whoever traces, reads a transcript, shows, learns or explains speaks in these.
 */
package org.jpledge.tools.event;
