/**
 * What a system call needs: promises, letters of unveil(2) on files, and ports.
 */
package org.jpledge.tools.need;
