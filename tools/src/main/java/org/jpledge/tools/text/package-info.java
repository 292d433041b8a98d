/**
 * Text as the command takes and gives it: words whose characters are bytes, and JSON.
 */
package org.jpledge.tools.text;
