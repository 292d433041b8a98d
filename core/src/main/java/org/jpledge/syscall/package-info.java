/**
 * What Linux calls things on each architecture: system call numbers, argument names and types, named constants.
 *
 * <p>The facts are resources beside the classes, generated from the kernel (see {@code src/main/syscalls}). They are sorted, and looked up by binary search in their bytes.
 */
@NullMarked
package org.jpledge.syscall;

import org.jspecify.annotations.NullMarked;
