package org.jpledge.agent;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.Preload;
import org.jpledge.Report;
import org.jpledge.Sandbox;
import org.jpledge.SandboxException;
import org.jspecify.annotations.Nullable;

/**
 * Confines this JVM before the application's first class is loaded:
 *
 * <pre>
 * java --enable-native-access=ALL-UNNAMED -javaagent:jpledge-agent.jar='stdio rpath inet dns;r:/srv;connect=443' -jar app.jar
 * </pre>
 *
 * <p>The text is {@code PROMISES[;[PERMS:]PATH]...[;OPTION=VALUE]...}: promises as pledge(2) has them, paths as the command's
 * {@code -v} has them, and the options {@code connect=PORT}, {@code bind=PORT}, {@code onviolation=refuse} (or {@code kill},
 * {@code trap}, {@code report}, {@code log}), {@code preload=PART} and {@code besteffort=yes}. A path cannot contain a semicolon.
 * All parts of {@link Preload} are loaded but {@link Preload#MANAGEMENT}, which takes {@code preload=management}, and {@link
 * Preload#TLS}, which the promises say.
 *
 * <p>The jars of the class path stay readable to the JVM whatever is promised. With {@code -jar}, the JVM looks for the jar by its
 * name once more after this agent: that needs {@code rpath}; {@code -cp} with the name of the main class does not.
 *
 * <p>With {@code onviolation=kill} add {@code -XX:-UsePerfData}: otherwise a JVM that ends removes a file, and is killed for it
 * where {@code cpath} is not promised.
 *
 * <p>The application does not start if that cannot be read (exit status 64), or if it cannot be enforced (125); one line on
 * standard error says why. Without the flag {@code --enable-native-access=ALL-UNNAMED} JDK 25 prints a warning, and a later JDK
 * will refuse; an agent's manifest cannot set it.
 */
public final class Agent {
    private static final int USAGE = 64;
    private static final int OURS = 125;

    private Agent() {}

    /**
     * Called by the JVM before the application's main method.
     *
     * @param text what stands behind {@code =}; null without it
     */
    public static void premain(@Nullable String text) {
        Settings settings;
        try {
            settings = Settings.parse(text);
            if (!settings.reads() && isStartedFromJar()) {
                throw new UsageException(
                        "the JVM looks at the application's jar once more after the agent: promise rpath, or"
                                + " start it with -cp JAR MAIN-CLASS instead of -jar JAR");
            }
        } catch (IllegalArgumentException e) {
            fail(USAGE, e);
            return;
        }
        if (!settings.reads()) {
            for (String entry : directories()) {
                say("classes in the directory " + entry + " cannot be found without rpath; classes in jars can");
            }
        }
        try {
            // Also what the promises do not imply: an application that tries all the same gets an exception, no
            // LinkageError.
            Sandbox.preload();
            if (!settings.preload().isEmpty()) {
                Sandbox.preload(settings.preload().toArray(new Preload[0]));
            }
            Report report = settings.sandbox().enter();
            if (settings.bestEffort()) {
                for (String shortfall : report.shortfalls()) {
                    say(shortfall);
                }
            }
        } catch (IllegalArgumentException | SandboxException | UnsupportedOperationException e) {
            fail(OURS, e);
        }
    }

    /** With -jar, the class path is the jar, and the command begins with it; otherwise with the name of a class. */
    private static boolean isStartedFromJar() {
        String command = System.getProperty("sun.java.command", "");
        String jar = System.getProperty("java.class.path", "");
        return command.equals(jar) || command.startsWith(jar + ' ');
    }

    /** Directories of the class path. */
    private static List<String> directories() {
        List<String> directories = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            if (!entry.isEmpty() && new File(entry).isDirectory()) {
                directories.add(entry);
            }
        }
        return directories;
    }

    private static void fail(int status, Exception reason) {
        say(reason.getMessage() + "; the application is not started");
        System.exit(status);
    }

    private static void say(String line) {
        System.err.println("jpledge-agent: " + line);
    }
}
