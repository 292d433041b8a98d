package org.jpledge.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bytes of this process's own command line and of environments, which the JVM decodes by locale and loses. */
final class Words {
    private Words() {}

    /**
     * The last words of this process's command line.
     *
     * @param count how many
     */
    static List<String> arguments(int count) throws IOException {
        List<String> all = read(Path.of("/proc/self/cmdline"));
        return all.subList(all.size() - count, all.size());
    }

    /**
     * The environment that a process was started with.
     *
     * @param process its number, or {@code self}
     */
    static List<String> environment(String process) throws IOException {
        return read(Path.of("/proc", process, "environ"));
    }

    /** The value of a variable among the entries of an environment, or null. */
    static @Nullable String value(List<String> environment, String name) {
        for (String entry : environment) {
            if (entry.length() > name.length() && entry.charAt(name.length()) == '=' && entry.startsWith(name)) {
                return entry.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** What a text of ours, or of core, is as a word. */
    static String ofText(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** A word's bytes. */
    static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static List<String> read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                words.add(new String(bytes, start, i - start, StandardCharsets.ISO_8859_1));
                start = i + 1;
            }
        }
        return words;
    }
}
