package org.jpledge.tools.text;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Nearest;
import org.jspecify.annotations.Nullable;

/**
 * Paths of any bytes. A path that is made of a string holds what the locale's encoding makes of it; one that is made of
 * a URI holds the bytes that the URI names.
 */
public final class RawPath {
    private static final String HEX = "0123456789ABCDEF";
    private static final char UNMAPPABLE = '\ufffd';

    /** Whether the JVM knows where it is; it does not in a directory whose name the locale cannot express. */
    private static final boolean PLACED = System.getProperty("user.dir", "").indexOf(UNMAPPABLE) < 0;

    /** The directory of the thread that asks: threads that work for others have one of their own. */
    private static final String HERE = "/proc/thread-self/cwd";

    private RawPath() {}

    /**
     * The path of a word.
     *
     * @param word its characters are bytes
     * @return the path of these bytes
     */
    public static Path of(String word) {
        boolean ascii = true;
        for (int i = 0; i < word.length(); i++) {
            ascii &= word.charAt(i) < 0x80;
        }
        boolean relative = !word.startsWith("/");
        if (ascii) {
            return Path.of(relative && !PLACED ? HERE + "/" + word : word);
        }
        StringBuilder uri = new StringBuilder("file://");
        if (relative) {
            // A URI's path is absolute.
            uri.append(HERE).append('/');
        }
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '/' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
                uri.append(c);
            } else {
                uri.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    /**
     * Where relative paths of the calling thread start.
     *
     * @return the working directory, from the root and without symbolic links
     * @throws IOException if it cannot be found: it may be removed
     */
    public static Path here() throws IOException {
        return Path.of(HERE).toRealPath();
    }

    /**
     * A path from the root. Java's own way knows but the directory that the process was started in.
     *
     * @param path a path that may start in the calling thread's working directory
     * @return the path as it is, behind that directory if it starts there
     * @throws IOException if the directory cannot be found
     */
    public static Path absolute(Path path) throws IOException {
        return path.isAbsolute() ? path : here().resolve(path);
    }

    /**
     * The path of a word that starts in another directory than this process.
     *
     * @param directory where a relative one starts; null for the working directory
     * @param word its characters are bytes
     * @return the path of these bytes
     */
    public static Path in(@Nullable String directory, String word) {
        return of(directory == null || word.startsWith("/") ? word : directory + "/" + word);
    }

    /**
     * What lies in a directory.
     *
     * @param directory the directory
     * @return names, a character for each byte; nothing if it cannot be read
     */
    public static List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String path = word(file);
                names.add(path.substring(path.lastIndexOf('/') + 1));
            }
        } catch (IOException _) {
            // Then there is nothing to suggest.
        }
        return names;
    }

    /**
     * For a path that is not there, one in the same directory with a similar name.
     *
     * @param word the path, a character for each byte
     * @param directory where a relative one starts; null for the working directory
     * @return empty if there is none, or the path is there
     */
    public static Optional<String> nearest(String word, @Nullable String directory) {
        int name = word.lastIndexOf('/') + 1;
        String parent = word.substring(0, name);
        if (Files.exists(in(directory, word))) {
            return Optional.empty();
        }
        return Nearest.nearest(word.substring(name), names(in(directory, parent.isEmpty() ? "." : parent)))
                .map(parent::concat);
    }

    /**
     * The word of a path.
     *
     * @param path the path
     * @return a character for each byte
     */
    public static String word(Path path) {
        String text = path.toString();
        boolean ascii = true;
        for (int i = 0; i < text.length(); i++) {
            ascii &= text.charAt(i) < 0x80;
        }
        if (ascii) {
            return text;
        }
        String uri = path.toUri().getRawPath();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c == '%') {
                word.append((char) Integer.parseInt(uri, i + 1, i + 3, 16));
                i += 2;
            } else {
                word.append(c);
            }
        }
        return word.toString();
    }

    /**
     * Whether a path lies in a directory, or is it.
     *
     * @param path from the root, without a slash at its end
     * @param directory likewise
     * @return true if so, by the names alone
     */
    public static boolean isIn(String path, String directory) {
        return path.equals(directory) || directory.equals("/") || path.startsWith(directory + "/");
    }

    /**
     * The directory that a path's last name is in.
     *
     * @param path from the root
     * @return the path without its last name; the root's is the root
     */
    public static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /**
     * Bytes as a shell would take them.
     *
     * @param bytes the bytes
     * @return a word, in single quotes where that is needed
     */
    public static String quoted(byte[] bytes) {
        String word = new String(bytes, StandardCharsets.ISO_8859_1);
        boolean plain = !word.isEmpty();
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            plain &= c >= '+' && c <= ':' || c >= '@' && c <= 'Z' || c == '_' || c >= 'a' && c <= 'z' || c == '=';
        }
        return plain ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
