package org.jpledge.tools.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.landlock.FilePath;
import org.jspecify.annotations.Nullable;

/** The bytes of this process's own command line and of environments, which the JVM decodes by locale and loses. */
public final class Words {
    private Words() {}

    /**
     * The last words of this process's command line.
     *
     * @param count how many
     * @return the words
     * @throws IOException if /proc cannot be read
     */
    public static List<String> arguments(int count) throws IOException {
        List<String> all = commandLine();
        return all.subList(all.size() - count, all.size());
    }

    /**
     * All words of this process's command line, the JVM's own too.
     *
     * @return the words
     * @throws IOException if /proc cannot be read
     */
    public static List<String> commandLine() throws IOException {
        return read(Path.of("/proc/self/cmdline"));
    }

    /**
     * The environment that a process was started with.
     *
     * @param process its number, or {@code self}
     * @return entries {@code NAME=value}
     * @throws IOException if it cannot be read
     */
    public static List<String> environment(String process) throws IOException {
        return read(Path.of("/proc", process, "environ"));
    }

    /**
     * The value of a variable among the entries of an environment.
     *
     * @param environment entries {@code NAME=value}
     * @param name the variable
     * @return its value, or null
     */
    public static @Nullable String value(List<String> environment, String name) {
        for (String entry : environment) {
            if (entry.length() > name.length() && entry.charAt(name.length()) == '=' && entry.startsWith(name)) {
                return entry.substring(name.length() + 1);
            }
        }
        return null;
    }

    /**
     * What a text of ours, or of core, is as a word.
     *
     * @param text characters
     * @return the bytes of its UTF-8, a character each
     */
    public static String ofText(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /**
     * What a word of ours is as text: the reverse of {@link #ofText}.
     *
     * @param word bytes of UTF-8, a character each
     * @return the characters; U+FFFD for what is no UTF-8
     */
    public static String text(String word) {
        return new String(bytes(word), StandardCharsets.UTF_8);
    }

    /**
     * A word's bytes.
     *
     * @param word the word
     * @return its bytes
     */
    public static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * The bytes of words.
     *
     * @param words the words
     * @return the bytes of each
     */
    public static List<byte[]> bytes(List<String> words) {
        List<byte[]> all = new ArrayList<>(words.size());
        for (String word : words) {
            all.add(bytes(word));
        }
        return all;
    }

    /**
     * A word for people to read: a program chooses its name and its paths itself, and they must not drive a terminal.
     *
     * @param word the word; it may hold bytes of any kind
     * @return text; what is not UTF-8, and a control character, stands as {@code \xNN}
     */
    public static String readable(String word) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at <= word.length()) {
            int zero = word.indexOf('\0', at);
            int end = zero < 0 ? word.length() : zero;
            // A path cannot hold NUL.
            text.append(FilePath.of(bytes(word.substring(at, end)))).append(zero < 0 ? "" : "\\x00");
            at = end + 1;
        }
        return text.toString();
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
