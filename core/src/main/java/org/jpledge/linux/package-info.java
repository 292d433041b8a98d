/** The only room that calls the kernel: {@code java.lang.foreign}, and nothing that knows of promises. */
package org.jpledge.linux;
