package org.jpledge.tools.wizard;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jpledge.tools.policy.PolicyDocument;

/** Holds an interview in a conversation. Three words are no answers at any question: back, help and abort. */
public final class Dialogue {
    /** Who gives wrong answers so many times at one question is no person. */
    private static final int PATIENCE = 100;

    private Dialogue() {}

    /**
     * Asks until there is an outcome.
     *
     * @param start where it begins
     * @param conversation who answers
     * @param summary lines about the policy, shown before it is written and used
     * @return the outcome; empty if it was aborted, or the answers ended
     * @throws IOException if the conversation breaks off
     */
    public static Optional<Outcome> hold(
            Interview start, Conversation conversation, Function<PolicyDocument, String> summary) throws IOException {
        Interview interview = start;
        int wrong = 0;
        while (interview.outcome().isEmpty()) {
            Question question = interview.question();
            if (question.topic() == Topic.SAVE && wrong == 0) {
                for (String line : summary.apply(interview.policy()).lines().toList()) {
                    conversation.say(line);
                }
            }
            Optional<String> line = conversation.ask(question);
            if (line.isEmpty() || wrong > PATIENCE) {
                return Optional.empty();
            }
            String word = line.get().strip().toLowerCase(Locale.ROOT);
            switch (word) {
                case "abort" -> {
                    return Optional.empty();
                }
                case "back" -> interview = interview.back();
                case "help", "?" ->
                    conversation.say(question.help() + " The words back, help and abort do what they say.");
                default -> {
                    try {
                        interview = interview.answer(line.get());
                        wrong = 0;
                    } catch (AnswerException e) {
                        wrong++;
                        conversation.say(String.valueOf(e.getMessage()));
                    }
                }
            }
        }
        return interview.outcome();
    }
}
