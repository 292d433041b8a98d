/**
 * The {@code pledge} command. Words that come from the user are held as ISO-8859-1 strings: a character is a byte, so
 * that no byte is lost on the way from the caller to the program and back into a message.
 */
package org.jpledge.tools;
