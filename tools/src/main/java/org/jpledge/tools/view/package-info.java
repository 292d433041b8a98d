/**
 * How events are shown: as text like strace's, as JSON lines, as a summary; and which of them are.
 */
package org.jpledge.tools.view;
