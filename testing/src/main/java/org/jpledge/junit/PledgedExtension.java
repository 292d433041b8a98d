package org.jpledge.junit;

import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Has tests that are {@link Pledged} run in JVMs of their own, and in those in a sandbox. Registered by the annotation, and so in
 * both JVMs.
 */
final class PledgedExtension implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        intercept(invocation, context);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        intercept(invocation, context);
    }

    private static void intercept(Invocation<@Nullable Void> invocation, ExtensionContext context) throws Throwable {
        Pledged pledged = pledged(Optional.of(context)).orElseThrow();
        if (ForkedTest.isRunning()) {
            ForkedTest.confine(pledged, invocation);
        } else {
            invocation.skip();
            Fork.run(pledged, context.getUniqueId());
        }
    }

    @Override
    public <T extends @Nullable Object> T interceptTestFactoryMethod(
            Invocation<T> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context) {
        throw new ExtensionConfigurationException(method.getExecutable()
                + " is a @TestFactory, which cannot be @Pledged: its tests have no names of their own");
    }

    @Override
    public void interceptDynamicTest(
            Invocation<@Nullable Void> invocation, DynamicTestInvocationContext dynamic, ExtensionContext context) {
        throw new ExtensionConfigurationException(context.getDisplayName() + " is dynamic and cannot be @Pledged");
    }

    @Override
    public void interceptBeforeAllMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onlyInFork(invocation, context);
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onlyInFork(invocation, context);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onlyInFork(invocation, context);
    }

    @Override
    public void interceptAfterAllMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        onlyInFork(invocation, context);
    }

    /** What prepares and cleans up does so where the test runs. */
    private static void onlyInFork(Invocation<@Nullable Void> invocation, ExtensionContext context) throws Throwable {
        if (ForkedTest.isRunning() || pledged(Optional.of(context)).isEmpty()) {
            invocation.proceed();
        } else {
            invocation.skip();
        }
    }

    /** The annotation of the method, or of the class, or of one around it. */
    private static Optional<Pledged> pledged(Optional<ExtensionContext> context) {
        return context.flatMap(here -> AnnotationSupport.findAnnotation(here.getElement(), Pledged.class)
                .or(() -> pledged(here.getParent())));
    }
}
