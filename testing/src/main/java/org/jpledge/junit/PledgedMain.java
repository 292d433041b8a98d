package org.jpledge.junit;

import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jpledge.OnViolation;
import org.jpledge.Preload;
import org.jpledge.Sandbox;
import org.jpledge.Violation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the JVM of a {@link Pledged} test runs: promises, class and method are its arguments. */
final class PledgedMain {
    /** The JVM's own threads ask for things at times that no test foresees. */
    private static final Set<String> OWN = Set.of("VM Periodic Tas", "VM Thread", "Signal Dispatch", "Service Thread");

    private PledgedMain() {}

    /**
     * Runs one test. The status is 0 if it has passed.
     *
     * @param arguments promises, class, method
     */
    public static void main(String[] arguments) {
        Set<String> violations = new LinkedHashSet<>();
        Throwable failure = null;
        try {
            run(arguments, violations);
        } catch (InvocationTargetException e) {
            failure = e.getCause();
        } catch (ReflectiveOperationException | RuntimeException e) {
            failure = e;
        }
        Violation.tellAll();
        PrintStream out = System.out;
        synchronized (violations) {
            for (String violation : violations) {
                out.println("violation: " + violation);
            }
            if (failure != null) {
                failure.printStackTrace(out);
            }
            out.flush();
            Runtime.getRuntime().halt(failure == null && violations.isEmpty() ? 0 : 1);
        }
    }

    private static void run(String[] arguments, Set<String> violations) throws ReflectiveOperationException {
        Class<?> type = Class.forName(arguments[1]);
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object test = constructor.newInstance();
        Method method = type.getDeclaredMethod(arguments[2]);
        List<Method> after = annotated(type, AfterEach.class);
        for (Method before : annotated(type, BeforeEach.class)) {
            call(before, test);
        }
        Violation.listen(violation -> {
            if (!OWN.contains(violation.threadName())) {
                synchronized (violations) {
                    violations.add(violation.text());
                }
            }
        });
        Sandbox.preload(Preload.values());
        // Loads what a failure needs.
        new IllegalStateException().printStackTrace(new PrintStream(OutputStream.nullOutputStream()));
        Sandbox.pledge(arguments[0]).onViolation(OnViolation.REPORT).enter();
        try {
            call(method, test);
        } finally {
            for (Method each : after) {
                call(each, test);
            }
        }
    }

    private static void call(Method method, Object test) throws ReflectiveOperationException {
        method.setAccessible(true);
        method.invoke(test);
    }

    /** The methods of a class and those above it, theirs first. */
    private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
        List<Method> methods = new ArrayList<>();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            List<Method> here = new ArrayList<>();
            for (Method method : at.getDeclaredMethods()) {
                if (method.isAnnotationPresent(annotation)) {
                    here.add(method);
                }
            }
            methods.addAll(0, here);
        }
        return methods;
    }
}
