package org.jpledge.junit;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jpledge.OnViolation;
import org.jpledge.Sandbox;
import org.jpledge.Violation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.InvocationInterceptor.Invocation;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.opentest4j.AssertionFailedError;

/** What the JVM of one test runs. The test's id and the file for the outcome are its arguments. */
final class ForkedTest implements TestExecutionListener {
    /** The JVM's own threads ask for things at times that no test foresees; named as the kernel knows them. */
    private static final Set<String> OWN_THREADS = Set.of(
            "VM Periodic Tas",
            "VM Thread",
            "Signal Dispatch",
            "Service Thread",
            "Monitor Deflati",
            "C1 CompilerThre",
            "C2 CompilerThre",
            "Common-Cleaner",
            "Reference Handl",
            "Finalizer");

    private static volatile boolean running;

    private Outcome outcome =
            new Outcome.Failed(Failure.of(new AssertionFailedError("the test was not found in its JVM")));

    private ForkedTest() {}

    /** Whether this is the JVM of one test. */
    static boolean isRunning() {
        return running;
    }

    public static void main(String[] arguments) throws IOException {
        running = true;
        ForkedTest listener = new ForkedTest();
        // Open before there is a sandbox in which it could not be opened.
        try (DataOutputStream file =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[1]))))) {
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(DiscoverySelectors.selectUniqueId(arguments[0]))
                    // Whoever started this JVM removes them; the sandbox may not allow it.
                    .configurationParameter("junit.jupiter.tempdir.cleanup.mode.default", "NEVER")
                    .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                    .build();
            LauncherFactory.create(LauncherConfig.builder()
                            .enableTestExecutionListenerAutoRegistration(false)
                            .enablePostDiscoveryFilterAutoRegistration(false)
                            .build())
                    .execute(request, listener);
            listener.outcome.write(file);
        }
        System.out.flush();
        System.err.flush();
        // Not all that may still be running promises to end.
        Runtime.getRuntime().halt(0);
    }

    /** The test's own outcome comes first. A container's counts where it keeps the test from running, or fails after it. */
    @Override
    public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
        boolean successful = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (identifier.isTest() || (!successful && !(outcome instanceof Outcome.Failed failed && failed.isOfTest()))) {
            outcome = outcome(identifier, result);
        }
    }

    @Override
    public void executionSkipped(TestIdentifier identifier, String reason) {
        outcome = new Outcome.Aborted(reason);
    }

    private static Outcome outcome(TestIdentifier identifier, TestExecutionResult result) {
        Throwable thrown = result.getThrowable().orElseGet(() -> new AssertionFailedError("failed without a reason"));
        return switch (result.getStatus()) {
            case SUCCESSFUL -> new Outcome.Passed();
            case ABORTED -> new Outcome.Aborted(String.valueOf(thrown.getMessage()));
            case FAILED -> new Outcome.Failed(Failure.of(thrown), identifier.isTest());
        };
    }

    /** Enters the sandbox, calls the test method, and fails it if there was a violation. */
    static void confine(Pledged pledged, Invocation<@Nullable Void> invocation) throws Throwable {
        Set<String> violations = new LinkedHashSet<>();
        Sandbox.preload();
        Violation.listen(violation -> {
            if (!OWN_THREADS.contains(violation.threadName())) {
                synchronized (violations) {
                    violations.add(violation.text());
                }
            }
        });
        sandbox(pledged).enter();
        @Nullable Throwable thrown = null;
        try {
            invocation.proceed();
        } catch (Throwable e) {
            thrown = e;
        }
        Violation.tellAll();
        synchronized (violations) {
            if (!violations.isEmpty()) {
                throw new AssertionFailedError(
                        "violation of @Pledged(\"" + pledged.value() + "\"): " + String.join(", ", violations), thrown);
            }
        }
        if (thrown != null) {
            throw thrown;
        }
    }

    private static Sandbox sandbox(Pledged pledged) {
        Sandbox sandbox = Sandbox.pledge(pledged.value()).onViolation(OnViolation.REPORT);
        for (String word : pledged.unveil()) {
            int colon = word.indexOf(':');
            int slash = word.indexOf('/');
            boolean bare = colon < 0 || (slash >= 0 && slash < colon);
            sandbox = sandbox.unveil(
                    Path.of(bare ? word : word.substring(colon + 1)), bare ? "r" : word.substring(0, colon));
        }
        for (int port : pledged.connect()) {
            sandbox = sandbox.connect(port);
        }
        for (int port : pledged.bind()) {
            sandbox = sandbox.bind(port);
        }
        return sandbox;
    }
}
