package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Nearest;

/**
 * A command line, read from left to right up to the first word that is no option. What follows that word belongs to
 * the program, dashes and all. Only a command of two words runs no program: its options may stand after operands, too.
 *
 * @param command what to do
 * @param given options as given, in order
 * @param operands index of the first operand among the words
 * @param rest the operands, in order; without the options that stand among them
 */
record CommandLine(Command command, List<Given> given, int operands, List<String> rest) {
    /**
     * An option that was given.
     *
     * @param option which
     * @param argument its argument, empty if it takes none
     */
    record Given(Option option, String argument) {}

    /** Reads words. */
    static CommandLine parse(List<String> words) throws Failure {
        Command command = command(words);
        int at = command == Command.RUN && !isFirst(command, words) ? 0 : command.isMember() ? 2 : 1;
        List<Given> given = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        int first = -1;
        while (at < words.size()) {
            String word = words.get(at);
            if (word.equals("--")) {
                at++;
                break;
            }
            if (word.length() < 2 || word.charAt(0) != '-') {
                if (!command.isMember()) {
                    break;
                }
                first = first < 0 ? at : first;
                rest.add(word);
                at++;
            } else {
                at = word.charAt(1) == '-' ? name(command, words, at, given) : letters(command, words, at, given);
            }
        }
        rest.addAll(words.subList(at, words.size()));
        return new CommandLine(command, List.copyOf(given), first < 0 ? at : first, List.copyOf(rest));
    }

    private static boolean isFirst(Command command, List<String> words) {
        return !words.isEmpty() && words.getFirst().equals(command.word());
    }

    private static Command command(List<String> words) throws Failure {
        for (Command candidate : Command.values()) {
            if (!isFirst(candidate, words)) {
                continue;
            }
            List<Command> members = candidate.members();
            if (members.isEmpty() || words.size() == 1 || words.get(1).startsWith("-")) {
                return candidate;
            }
            return member(candidate, members, words.get(1));
        }
        return Command.RUN;
    }

    private static Command member(Command of, List<Command> members, String word) throws Failure {
        List<String> names = new ArrayList<>();
        for (Command member : members) {
            String name = member.word().substring(of.word().length() + 1);
            if (name.equals(word)) {
                return member;
            }
            names.add(name);
        }
        Optional<String> nearest = Nearest.nearest(word, names);
        throw Failure.usage("pledge " + of.word() + " has no command \"" + word + "\""
                + (nearest.isPresent()
                        ? " (did you mean " + nearest.get() + "?)"
                        : ", but " + String.join(", ", names) + "; to run a program " + of.word()
                                + ", write -- before it"));
    }

    private static int name(Command command, List<String> words, int at, List<Given> given) throws Failure {
        String word = words.get(at);
        int equals = word.indexOf('=');
        String name = word.substring(2, equals < 0 ? word.length() : equals);
        for (Option option : command.options()) {
            if (!option.word().equals(name)) {
                continue;
            }
            if (!option.takesArgument()) {
                if (equals >= 0) {
                    throw Failure.usage("option --" + name + " takes no argument, and was given \""
                            + word.substring(equals + 1) + "\"");
                }
                return add(given, option, "", at + 1);
            }
            if (equals >= 0) {
                return add(given, option, word.substring(equals + 1), at + 1);
            }
            return add(given, option, following(words, at, "--" + name, option), at + 2);
        }
        for (Command other : Command.values()) {
            for (Option option : other.options()) {
                if (option.word().equals(name)) {
                    throw Failure.usage("option --" + name + " belongs to pledge " + other.word() + ", not to pledge "
                            + command.word());
                }
            }
        }
        List<String> names = new ArrayList<>();
        for (Option option : command.options()) {
            names.add(option.word());
        }
        Optional<String> nearest = Nearest.nearest(name, names);
        throw Failure.usage("unknown option --" + name, nearest.map("--"::concat));
    }

    private static int letters(Command command, List<String> words, int at, List<Given> given) throws Failure {
        String word = words.get(at);
        for (int i = 1; i < word.length(); i++) {
            Option option = letter(command, word, i);
            if (!option.takesArgument()) {
                add(given, option, "", at);
            } else if (i + 1 < word.length()) {
                return add(given, option, word.substring(i + 1), at + 1);
            } else {
                return add(given, option, following(words, at, "-" + option.letter(), option), at + 2);
            }
        }
        return at + 1;
    }

    private static Option letter(Command command, String word, int index) throws Failure {
        char letter = word.charAt(index);
        for (Option option : command.options()) {
            if (option.letter() == letter) {
                return option;
            }
        }
        String name = "-" + letter;
        // A long option with one dash, or a letter of another command, or the other case of one that exists.
        String all = word.substring(1);
        for (Option option : command.options()) {
            if (option.word().equals(all)) {
                throw Failure.usage("unknown option " + word + " (did you mean --" + all + "?)");
            }
        }
        for (Command other : Command.values()) {
            for (Option option : other.options()) {
                if (option.letter() == letter) {
                    throw Failure.usage("option " + name + " belongs to pledge " + other.word() + ", not to pledge "
                            + command.word());
                }
            }
        }
        char other = Character.isUpperCase(letter) ? Character.toLowerCase(letter) : Character.toUpperCase(letter);
        for (Option option : command.options()) {
            if (option.letter() == other) {
                throw Failure.usage("unknown option " + name + " (did you mean -" + other + "?)");
            }
        }
        throw Failure.usage("unknown option " + name + (word.length() > 2 ? " in " + word : ""));
    }

    private static String following(List<String> words, int at, String spelled, Option option) throws Failure {
        if (at + 1 == words.size()) {
            throw Failure.usage("option " + spelled + " needs an argument: " + option.argument());
        }
        return words.get(at + 1);
    }

    private static int add(List<Given> given, Option option, String argument, int next) throws Failure {
        if (!option.repeated() && option.takesArgument()) {
            for (Given before : given) {
                if (before.option() == option) {
                    throw Failure.usage("option --" + option.word() + " is given twice: \"" + before.argument()
                            + "\" and \"" + argument + "\"");
                }
            }
        }
        given.add(new Given(option, argument));
        return next;
    }

    /** The same without some of the options that were given. */
    CommandLine without(Set<Option> options) {
        List<Given> others = new ArrayList<>(given);
        others.removeIf(one -> options.contains(one.option()));
        return new CommandLine(command, List.copyOf(others), operands, rest);
    }

    /** Whether an option was given. */
    boolean has(Option option) {
        return last(option).isPresent();
    }

    /** The argument of an option. */
    Optional<String> last(Option option) {
        for (Given one : given.reversed()) {
            if (one.option() == option) {
                return Optional.of(one.argument());
            }
        }
        return Optional.empty();
    }

    /** The arguments of an option that may be repeated. */
    List<String> all(Option option) {
        List<String> arguments = new ArrayList<>();
        for (Given one : given) {
            if (one.option() == option) {
                arguments.add(one.argument());
            }
        }
        return arguments;
    }
}
