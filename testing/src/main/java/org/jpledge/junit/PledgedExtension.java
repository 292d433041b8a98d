package org.jpledge.junit;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.AssertionFailedError;

/** Runs methods that are {@link Pledged} in JVMs of their own. Registered by the annotation. */
final class PledgedExtension implements InvocationInterceptor {
    @Override
    public void interceptTestMethod(
            Invocation<@Nullable Void> invocation,
            ReflectiveInvocationContext<Method> context,
            ExtensionContext extension)
            throws IOException, InterruptedException {
        invocation.skip();
        Method method = context.getExecutable();
        Pledged pledged = method.getAnnotation(Pledged.class);
        if (method.getParameterCount() > 0) {
            throw new IllegalArgumentException(method + " has parameters, which a @Pledged test cannot have");
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                // A JVM that has such data in a file removes it when it ends, which nobody has promised.
                "-XX:-UsePerfData",
                "-cp",
                classPath(),
                PledgedMain.class.getName(),
                pledged.value(),
                context.getTargetClass().getName(),
                method.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionFailedError("under \"" + pledged.value() + "\": " + out.strip());
        }
        System.out.print(out);
    }

    private static String classPath() {
        String modules = System.getProperty("jdk.module.path", "");
        String classes = System.getProperty("java.class.path", "");
        return modules.isEmpty() ? classes : classes + File.pathSeparator + modules;
    }
}
