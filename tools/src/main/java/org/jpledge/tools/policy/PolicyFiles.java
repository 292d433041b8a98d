package org.jpledge.tools.policy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Utf8;
import org.jpledge.tools.text.WholeFile;
import org.jpledge.tools.text.Words;

/** Policies' files on disk, and which of them were read. Names of files are words: a character is a byte. For one thread. */
public final class PolicyFiles implements Includes {
    private final List<String> files = new ArrayList<>();

    /** Nothing was read so far. */
    public PolicyFiles() {}

    /**
     * Reads a policy, with what it includes.
     *
     * @param file its path
     * @param settings what its meaning depends on; files are included from disk whatever it says
     * @return the policy
     * @throws PolicyException if it is none, in one line that begins with the file
     * @throws IOException if it cannot be read, or is too large; the message says why, without the file's name
     */
    public PolicyDocument read(String file, Reading settings) throws PolicyException, IOException {
        return read(content(file), file, settings);
    }

    /**
     * Reads a policy that was read from somewhere, with what it includes.
     *
     * @param bytes all of it
     * @param where what messages call it
     * @param settings what its meaning depends on; files are included from disk whatever it says
     * @return the policy
     * @throws PolicyException if it is none, in one line that begins with its name
     */
    public PolicyDocument read(byte[] bytes, String where, Reading settings) throws PolicyException {
        return read(decoded(where, bytes), where, settings);
    }

    private PolicyDocument read(String text, String where, Reading settings) throws PolicyException {
        return PolicyDocument.read(text, where, new Reading(settings.arch(), settings.variables(), this));
    }

    /**
     * The files that were read.
     *
     * @return their paths, in the order in which they were read
     */
    public List<String> files() {
        return List.copyOf(files);
    }

    @Override
    public String text(String name, String from) throws IOException {
        try {
            return content(name);
        } catch (PolicyException e) {
            throw new IOException(Words.ofText(String.valueOf(e.getMessage())), e);
        }
    }

    private String content(String file) throws IOException, PolicyException {
        files.add(file);
        return decoded(file, WholeFile.bytes(file));
    }

    private static String decoded(String file, byte[] bytes) throws PolicyException {
        try {
            return Utf8.ofFile(bytes);
        } catch (SyntaxException e) {
            throw new PolicyException(Words.text(file) + ":" + e.line() + ":" + e.column() + ": " + e.reason());
        }
    }
}
