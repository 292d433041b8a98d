package org.jpledge.examples;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jpledge.Promise;
import org.jpledge.Sandbox;

/**
 * Runs a plugin: {@code PluginHost PLUGIN.jar CLASS TEXT}. A plugin is a {@code UnaryOperator<String>}. The host pledges before
 * it loads the plugin's first class. All plugins of one JVM share its sandbox: who must not trust each other need a process each.
 */
public final class PluginHost {
    private PluginHost() {}

    /**
     * Prints what the plugin makes of a text.
     *
     * @param arguments the plugin's jar, its class, and the text
     * @throws IOException if the jar cannot be read
     * @throws ReflectiveOperationException if the class is no plugin
     */
    public static void main(String... arguments) throws IOException, ReflectiveOperationException {
        Path jar = Path.of(arguments[0]).toRealPath();
        // More than stdio implies, so that a plugin that tries to connect gets an exception, and no error of a missing
        // library.
        Sandbox.preload();
        Sandbox.pledge(Promise.STDIO, Promise.RPATH).unveil(jar, "r").enter();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
            Object plugin =
                    loader.loadClass(arguments[1]).getDeclaredConstructor().newInstance();
            @SuppressWarnings("unchecked") // what a plugin is
            UnaryOperator<String> operator = (UnaryOperator<String>) plugin;
            System.out.println(operator.apply(arguments[2]));
        }
    }
}
