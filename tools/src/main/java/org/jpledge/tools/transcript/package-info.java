/**
 * What other tracers wrote, or ours did before, read back into events: strace's text, lurk's JSON, our own JSON.
 */
package org.jpledge.tools.transcript;
