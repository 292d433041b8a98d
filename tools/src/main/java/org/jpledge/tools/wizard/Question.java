package org.jpledge.tools.wizard;

import java.util.List;

/**
 * Something to be answered in one line.
 *
 * @param topic what it is about
 * @param text the question, without the suggestion and without a question mark at its end
 * @param suggestion what an empty line stands for; may be empty itself
 * @param words what answers may begin with, or consist of, for completion; other answers may be right, too
 */
public record Question(Topic topic, String text, String suggestion, List<String> words) {
    /** Copies the list. */
    public Question {
        words = List.copyOf(words);
    }

    /**
     * The line at whose end the answer is typed.
     *
     * @return text that ends in a space
     */
    public String prompt() {
        return text + (suggestion.isEmpty() ? "" : " [" + suggestion + "]") + ": ";
    }

    /**
     * The question where answers are not seen beside it.
     *
     * @return a line with its end
     */
    public String line() {
        return prompt().stripTrailing() + '\n';
    }

    /**
     * What the word {@code help} is answered with.
     *
     * @return a sentence or more, in one line
     */
    public String help() {
        return topic.help();
    }
}
