package org.jpledge.tools.wizard;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;

/** What a word that has been begun may become. Paths are looked up where they are named: whoever asks has this machine's files. */
final class Completion {
    /** Letters with which a path is often unveiled. */
    private static final List<String> LETTERS = List.of("r:", "rw:", "rx:", "rwc:");

    private Completion() {}

    /**
     * A word that may be meant.
     *
     * @param word the whole word
     * @param whole whether another word comes after it; not so for a directory's name, and within an expression
     */
    record Candidate(String word, boolean whole) {}

    /** Words that begin like this one, sorted by nothing in particular. */
    static List<Candidate> of(Question question, String begun, Arch arch) {
        List<Candidate> candidates = new ArrayList<>();
        question.words().forEach(word -> candidates.add(new Candidate(word, true)));
        switch (question.topic().form()) {
            case WORD, WORDS, NUMBERS -> {}
            case CONSTANTS -> Constants.of(arch).names().forEach(name -> candidates.add(new Candidate(name, false)));
            case FILE -> candidates.addAll(paths("", begun));
            case UNVEIL -> {
                int colon = begun.indexOf(':');
                if (colon >= 0) {
                    candidates.addAll(paths(begun.substring(0, colon + 1), begun.substring(colon + 1)));
                } else {
                    LETTERS.forEach(letters -> candidates.add(new Candidate(letters, false)));
                }
            }
        }
        candidates.removeIf(candidate -> !candidate.word().startsWith(begun));
        return candidates;
    }

    /** What lies in the directory of a path that has been begun; names that are no text cannot be typed, and are left out. */
    private static List<Candidate> paths(String before, String begun) {
        int name = begun.lastIndexOf('/') + 1;
        String directory = Words.ofText(begun.substring(0, name));
        List<Candidate> paths = new ArrayList<>();
        for (String each : RawPath.names(RawPath.of(directory.isEmpty() ? "." : directory))) {
            Optional<String> text = text(each);
            boolean hidden = each.startsWith(".") && !begun.startsWith(".", name);
            if (text.isPresent() && !hidden) {
                boolean within = Files.isDirectory(RawPath.of(directory + each));
                String path = before + begun.substring(0, name) + text.get();
                paths.add(new Candidate(within ? path + '/' : path, !within));
            }
        }
        return paths;
    }

    private static Optional<String> text(String word) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Words.bytes(word)))
                    .toString();
            return text.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(text);
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }
}
