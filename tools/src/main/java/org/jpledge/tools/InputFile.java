package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.PolicySource;
import org.jpledge.tools.policy.PolicyFiles;
import org.jpledge.tools.text.Errand;
import org.jpledge.tools.text.Includes;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.WholeFile;
import org.jpledge.tools.text.Words;

/**
 * A file that a word of the command line names: FILE, or FILE#NAME for one of the filters in it. A dash is standard input.
 *
 * @param option what messages begin with: the option that has the word, or nothing
 * @param file the file's name, a word
 * @param part the filter's name, a word
 */
record InputFile(String option, String file, Optional<String> part) {
    private static final String STANDARD = "-";

    /** The file that a word names. */
    static InputFile of(String option, String word) {
        int hash = word.lastIndexOf('#');
        // A file's name may have the character, too.
        boolean whole = hash < 0 || Files.exists(RawPath.of(word));
        return whole
                ? new InputFile(option, word, Optional.empty())
                : new InputFile(option, word.substring(0, hash), Optional.of(word.substring(hash + 1)));
    }

    boolean isStandardInput() {
        return file.equals(STANDARD);
    }

    /** How messages call it. */
    String shown() {
        return isStandardInput() ? "standard input" : file;
    }

    /** A name for what is made of it: the file's without directory and endings, in small letters, digits and single dashes. */
    String shortName() {
        String last = file.substring(file.lastIndexOf('/') + 1);
        int dot = last.indexOf('.');
        StringBuilder name = new StringBuilder();
        for (char c : (dot > 0 ? last.substring(0, dot) : last).toCharArray()) {
            char small = c >= 'A' && c <= 'Z' ? (char) (c + 'a' - 'A') : c;
            boolean kept = small >= 'a' && small <= 'z' || small >= '0' && small <= '9';
            if (kept) {
                name.append(small);
            } else if (!name.isEmpty() && name.charAt(name.length() - 1) != '-') {
                name.append('-');
            }
        }
        while (!name.isEmpty() && name.charAt(name.length() - 1) == '-') {
            name.setLength(name.length() - 1);
        }
        return name.isEmpty() ? "pledge" : name.toString();
    }

    /** All that is in it. */
    byte[] bytes() throws Failure {
        try {
            if (!isStandardInput()) {
                return WholeFile.bytes(file);
            }
            if (Errand.isUnderWay()) {
                throw new IOException("is another file for the server");
            }
            return WholeFile.bytes(System.in);
        } catch (IOException e) {
            throw failure(String.valueOf(e.getMessage()));
        }
    }

    /** The text that it is. */
    String text() throws Failure {
        try {
            return PolicySource.text(bytes());
        } catch (ImportException e) {
            throw failure(e);
        }
    }

    /**
     * Where the files are that it includes: their names begin in its own directory.
     *
     * @param files reads them, and knows afterwards which they were
     */
    Includes includes(PolicyFiles files) {
        if (isStandardInput()) {
            return Includes.NONE;
        }
        String directory = file.substring(0, file.lastIndexOf('/') + 1);
        return (name, from) -> files.text(name.startsWith("/") ? name : directory + name, from);
    }

    /** That it cannot be used, and why. */
    Failure failure(String reason) {
        return new Failure(Failure.OURS, option + shown() + ": " + reason);
    }

    /** That it is not what was expected, with the place if there is one. */
    Failure failure(ImportException error) {
        String message = Words.ofText(String.valueOf(error.getMessage()));
        boolean placed = Character.isDigit(message.charAt(0));
        return new Failure(Failure.OURS, option + shown() + (placed ? ":" : ": ") + message);
    }
}
