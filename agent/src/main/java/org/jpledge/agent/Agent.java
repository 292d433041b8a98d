package org.jpledge.agent;

import java.nio.file.Path;
import java.util.List;
import org.jpledge.OnViolation;
import org.jpledge.Sandbox;
import org.jspecify.annotations.Nullable;

/**
 * The agent: {@code java -javaagent:jpledge-agent.jar='stdio rpath inet dns;r:/srv;connect=443' -jar app.jar}.
 *
 * <p>Its options are separated by semicolons: first the promises, then in any order paths with their permissions
 * ({@code r:/srv}), ports ({@code connect=443}, {@code bind=8080}), and {@code report} or {@code kill} for what a violation
 * means. The application starts in the sandbox, so {@code rpath} is needed to find its classes; the class path and the JVM's
 * own files can be read whatever is unveiled. A mistake ends the JVM with one line and status 125 before the application runs.
 */
public final class Agent {
    private static final int FAILURE = 125;

    private Agent() {}

    /**
     * Enters the sandbox.
     *
     * @param options what stands behind the equals sign
     */
    public static void premain(@Nullable String options) {
        try {
            Sandbox sandbox = sandbox(options == null ? "" : options);
            // Nobody knows what the application will use.
            Sandbox.preload();
            sandbox.enter();
        } catch (IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
            System.err.println("jpledge-agent: " + e.getMessage());
            Runtime.getRuntime().halt(FAILURE);
        }
    }

    /** Reads the options. */
    static Sandbox sandbox(String options) {
        String[] parts = options.split(";", -1);
        if (!List.of(parts[0].split(" ", -1)).contains("rpath")) {
            throw new IllegalArgumentException(
                    "the promises \"" + parts[0] + "\" need rpath: the application's classes are read in the sandbox");
        }
        Sandbox sandbox = Sandbox.pledge(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            sandbox = with(sandbox, parts[i]);
        }
        return sandbox;
    }

    private static Sandbox with(Sandbox sandbox, String option) {
        if (option.equals("report")) {
            return sandbox.onViolation(OnViolation.REPORT);
        }
        if (option.equals("kill")) {
            return sandbox.onViolation(OnViolation.KILL);
        }
        if (option.startsWith("connect=")) {
            return sandbox.connect(port(option));
        }
        if (option.startsWith("bind=")) {
            return sandbox.bind(port(option));
        }
        int colon = option.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(
                    "\"" + option + "\" is no option: PERMS:PATH, connect=PORT, bind=PORT, report or kill");
        }
        return sandbox.unveil(Path.of(option.substring(colon + 1)), option.substring(0, colon));
    }

    private static int port(String option) {
        try {
            return Integer.parseInt(option.substring(option.indexOf('=') + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + option + "\" has no port", e);
        }
    }
}
