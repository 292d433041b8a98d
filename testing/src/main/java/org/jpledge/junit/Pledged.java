package org.jpledge.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
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
 * <p>The method runs in a JVM of its own, which makes a new object of the class, calls its {@code @BeforeEach} methods, pledges,
 * calls the method, and then its {@code @AfterEach} methods, still in the sandbox. All of these are without parameters, and
 * static state of the test's JVM is not there. A violation fails the test, even where the code goes on after it, and its message
 * names the missing promise.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(PledgedExtension.class)
public @interface Pledged {
    /**
     * The promises.
     *
     * @return words separated by spaces
     */
    String value();
}
