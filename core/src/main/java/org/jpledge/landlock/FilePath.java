package org.jpledge.landlock;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A path as the kernel has it: any bytes but NUL. Nothing is resolved or tidied up. */
public final class FilePath implements Comparable<FilePath> {
    /** The root of all. */
    public static final FilePath ROOT = new FilePath("/");

    /** One character for each byte: strings of bytes are compact, and cheap to cut and compare. */
    private final String bytes;

    private FilePath(String bytes) {
        this.bytes = bytes;
    }

    private static FilePath checked(String bytes) {
        if (bytes.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a path has no NUL");
        }
        return new FilePath(bytes);
    }

    /**
     * A path from text.
     *
     * @param path the text; its bytes are UTF-8
     * @return the path
     * @throws IllegalArgumentException if there is a NUL in it, or half of a surrogate pair
     */
    public static FilePath of(String path) {
        if (isAscii(path)) {
            return checked(path);
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(path));
            return checked(StandardCharsets.ISO_8859_1.decode(encoded).toString());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a path cannot hold half of a surrogate pair", e);
        }
    }

    /**
     * A path from bytes.
     *
     * @param path the bytes
     * @return the path
     * @throws IllegalArgumentException if there is a NUL in it
     */
    public static FilePath of(byte[] path) {
        return checked(new String(path, StandardCharsets.ISO_8859_1));
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /**
     * The bytes.
     *
     * @return a fresh array, without a closing NUL
     */
    public byte[] bytes() {
        return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * Counts the bytes.
     *
     * @return how many there are
     */
    public int length() {
        return bytes.length();
    }

    /**
     * One byte.
     *
     * @param index which
     * @return the byte as a character from 0 to 255
     */
    public char at(int index) {
        return bytes.charAt(index);
    }

    /**
     * Looks for a byte.
     *
     * @param character an ASCII character
     * @param from where to start
     * @return the first place, or -1
     */
    public int indexOf(char character, int from) {
        return bytes.indexOf(character, from);
    }

    /**
     * Cuts out a part.
     *
     * @param from its first byte
     * @param to the byte after its last
     * @return the part
     */
    public FilePath part(int from, int to) {
        return new FilePath(bytes.substring(from, to));
    }

    /**
     * Says whether this path starts at the root.
     *
     * @return whether it does
     */
    public boolean isAbsolute() {
        return !bytes.isEmpty() && bytes.charAt(0) == '/';
    }

    /**
     * The directory above, by the text of a tidy path.
     *
     * @return empty for the root, and for a path of one name
     */
    public Optional<FilePath> parent() {
        int slash = bytes.lastIndexOf('/');
        if (slash < 0 || bytes.length() == 1) {
            return Optional.empty();
        }
        return Optional.of(slash == 0 ? ROOT : new FilePath(bytes.substring(0, slash)));
    }

    /**
     * The last name of a tidy path.
     *
     * @return the name; empty for the root
     */
    public FilePath name() {
        return new FilePath(bytes.substring(bytes.lastIndexOf('/') + 1));
    }

    /**
     * A path below this directory.
     *
     * @param name a name, or several with slashes between them
     * @return the longer path
     */
    public FilePath child(FilePath name) {
        return new FilePath(bytes.endsWith("/") ? bytes.concat(name.bytes) : bytes + '/' + name.bytes);
    }

    /**
     * Says whether this path lies below a directory, by the text of tidy paths.
     *
     * @param directory the directory
     * @return whether it does; a path does not lie below itself
     */
    public boolean isBelow(FilePath directory) {
        String above = directory.bytes;
        return bytes.length() > above.length()
                && bytes.startsWith(above)
                && (above.endsWith("/") || bytes.charAt(above.length()) == '/');
    }

    @Override
    public int compareTo(FilePath other) {
        return bytes.compareTo(other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FilePath path && path.bytes.equals(bytes);
    }

    @Override
    public int hashCode() {
        return bytes.hashCode();
    }

    /**
     * The path for people to read.
     *
     * @return text; a byte that is not UTF-8, and a control character, stands as {@code \xNN}, so that no path can drive a terminal
     */
    @Override
    public String toString() {
        boolean plain = true;
        for (int i = 0; plain && i < bytes.length(); i++) {
            plain = bytes.charAt(i) >= ' ' && bytes.charAt(i) < 0x7f;
        }
        return plain ? bytes : escaped();
    }

    private String escaped() {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < bytes.length()) {
            int length = sequence(at);
            String piece = new String(
                    bytes.substring(at, at + length).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            if (length == 1 ? isPlain(bytes.charAt(at)) : isPrintable(piece)) {
                text.append(piece);
            } else {
                for (int i = at; i < at + length; i++) {
                    text.append("\\x")
                            .append(Character.forDigit(bytes.charAt(i) >> 4, 16))
                            .append(Character.forDigit(bytes.charAt(i) & 15, 16));
                }
            }
            at += length;
        }
        return text.toString();
    }

    private static boolean isPlain(char single) {
        return single >= ' ' && single < 0x7f;
    }

    /** How many bytes the character at a place has; 1 also for what is none. */
    private int sequence(int at) {
        char first = bytes.charAt(at);
        int length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
        if (at + length > bytes.length()) {
            return 1;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes.charAt(at + i) & 0xc0) != 0x80) {
                return 1;
            }
        }
        return length;
    }

    private static boolean isPrintable(String piece) {
        int character = piece.codePointAt(0);
        int type = Character.getType(character);
        return character != 0xfffd
                && type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR
                && type != Character.SURROGATE
                && type != Character.UNASSIGNED;
    }
}
