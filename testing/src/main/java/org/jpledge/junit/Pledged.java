package org.jpledge.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that keeps promises:
 *
 * {@snippet :
 * @Test
 * @Pledged("stdio rpath")
 * void parses() { ... }
 * }
 *
 * <p>The test method runs in a JVM of its own, under {@link org.jpledge.OnViolation#REPORT}. A system call that was not promised is
 * refused, and fails the test even where the code goes on after it; the message names the missing promise. What else the test
 * throws, prints and assumes comes through as if it had run here.
 *
 * <p>On a class, it means each of its test methods, those of nested and derived classes too; on a method, it replaces what the class
 * says. Parameterised and repeated tests work, each invocation in a JVM of its own; {@code @TestFactory} does not.
 *
 * <p>In the JVM of the test, {@code @BeforeAll} and {@code @BeforeEach} methods run first and are free; the sandbox is entered when
 * the test method is called, and for good: {@code @AfterEach} and {@code @AfterAll} methods run in it. A violation after the test method
 * does not fail the test by itself. In the JVM of the other tests, only the constructor runs, and extensions do. Fields and static state are
 * not shared.
 *
 * <p>Needs what {@link org.jpledge.Sandbox#enter()} needs: Linux on x86-64 or aarch64. Elsewhere the test fails.
 */
@Documented
@Inherited
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(PledgedExtension.class)
public @interface Pledged {
    /**
     * The promises.
     *
     * @return words separated by spaces
     */
    String value();

    /**
     * What can be seen of the file system; all of it, within the promises, if nothing is unveiled. What is not unveiled is refused as
     * an {@link java.nio.file.AccessDeniedException}, which is no violation: the test fails if it does not expect it.
     *
     * @return paths as {@code [PERMS:]PATH}, such as {@code "r:/etc"}; relative ones from the working directory
     */
    String[] unveil() default {};

    /**
     * TCP ports of others that can be connected to; if neither this nor {@link #bind()} names a port, all can.
     *
     * @return ports
     */
    int[] connect() default {};

    /**
     * Own TCP ports; see {@link #connect()}.
     *
     * @return ports; 0 is any that the kernel picks
     */
    int[] bind() default {};
}
