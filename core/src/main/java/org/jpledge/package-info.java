/** What a Java program embeds: promises, and sandboxes made of them. */
package org.jpledge;
