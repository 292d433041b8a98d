package org.jpledge.tools.wizard;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jpledge.tools.policy.PolicyDocument;

/** Holds an interview in a conversation. Three words are no answers at any question: back, help and abort. */
public final class Dialogue {
    /** Who gives wrong answers so many times at one question is no person. */
    private static final int PATIENCE = 100;

    /** What is asked first, where nobody has said it. */
    public static final Question COMMAND = new Question(Topic.COMMAND, Topic.COMMAND.text(), "", List.of());

    private Dialogue() {}

    /** Whether something can be tried. */
    @FunctionalInterface
    public interface Search {
        /**
         * Looks for the program.
         *
         * @param command its name and its arguments
         * @throws AnswerException if there is none
         */
        void find(List<String> command) throws AnswerException;
    }

    /**
     * Asks for a command until there is one.
     *
     * @param conversation who answers
     * @param search whether there is such a program
     * @return the program and its arguments; empty if it was aborted, or the answers ended
     * @throws IOException if the conversation breaks off
     */
    public static Optional<List<String>> command(Conversation conversation, Search search) throws IOException {
        for (int wrong = 0; wrong <= PATIENCE; wrong++) {
            Optional<String> line = conversation.ask(COMMAND);
            if (line.isEmpty() || isAbort(line.get())) {
                return Optional.empty();
            }
            if (isHelp(line.get())) {
                conversation.say(helpOn(COMMAND));
            } else if (!isBack(line.get())) {
                try {
                    List<String> command = TypedCommand.words(line.get().strip());
                    search.find(command);
                    return Optional.of(command);
                } catch (AnswerException e) {
                    conversation.say(String.valueOf(e.getMessage()));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isAbort(String line) {
        return line.strip().equalsIgnoreCase("abort");
    }

    private static boolean isBack(String line) {
        return line.strip().equalsIgnoreCase("back");
    }

    private static boolean isHelp(String line) {
        return line.strip().equalsIgnoreCase("help") || line.strip().equals("?");
    }

    private static String helpOn(Question question) {
        return question.help() + " The words back, help and abort do what they say.";
    }

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
            if (isAbort(line.get())) {
                return Optional.empty();
            }
            if (isBack(line.get())) {
                interview = interview.back();
            } else if (isHelp(line.get())) {
                conversation.say(helpOn(question));
            } else {
                try {
                    interview = interview.answer(line.get());
                    wrong = 0;
                } catch (AnswerException e) {
                    wrong++;
                    conversation.say(String.valueOf(e.getMessage()));
                }
            }
        }
        return interview.outcome();
    }
}
