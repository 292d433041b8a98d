package org.jpledge.tools;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.jpledge.launch.Step;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Policy;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * What the options of a command line mean.
 *
 * @param policy the policy
 * @param directory where the program starts, or null for the working directory
 * @param quiet whether a program's death by a violation goes unsaid, and what the kernel leaves open
 * @param fixed whether the same words mean the same policy, in every environment
 * @param relative whether the policy depends on the working directory
 * @param filters the files that it depends on
 */
record PolicyOptions(
        Policy policy,
        @Nullable String directory,
        boolean quiet,
        boolean fixed,
        boolean relative,
        List<FilterFile> filters) {
    private static final List<String> ACTIONS = List.of("kill", "errno", "trap", "log");
    private static final int MOST_ERRNO = 4095;

    /**
     * Reads options.
     *
     * @param line the command line
     * @param environment the caller's, for values that it passes on
     * @param first what the launcher does before anything that the options want
     */
    static PolicyOptions read(CommandLine line, List<String> environment, List<Step> first) throws Failure {
        return read(line, List.of(), environment, first);
    }

    /**
     * Reads options beside the filters of a policy's file.
     *
     * @param line the command line
     * @param given filters that hold besides those of the command line
     * @param environment the caller's, for values that it passes on
     * @param first what the launcher does before anything that the options want
     */
    static PolicyOptions read(CommandLine line, List<FilterFile> given, List<String> environment, List<Step> first)
            throws Failure {
        List<FilterFile> filters = new ArrayList<>(given);
        for (String word : line.all(Option.FILTER)) {
            filters.add(FilterFile.read(word));
        }
        Policy policy = held(line, filters);
        for (Step step : first) {
            policy = policy.preparing(step);
        }
        Optional<Action> action = violation(line);
        if (action.isPresent()) {
            policy = policy.onViolation(action.get());
        }
        policy = OwnRules.applied(policy, line);
        if (line.has(Option.STRICT)) {
            if (line.has(Option.BEST_EFFORT)) {
                throw Failure.usage("options --strict and --best-effort contradict each other");
            }
            policy = policy.demanding(Demand.EVERYTHING);
        }
        if (line.has(Option.BEST_EFFORT)) {
            policy = policy.demanding(Demand.BEST_EFFORT);
        }
        for (String descriptor : line.all(Option.DESCRIPTOR)) {
            policy = policy.keeping((int) number(Option.DESCRIPTOR, descriptor, Integer.MAX_VALUE));
        }
        for (Step step : limits(line)) {
            policy = policy.preparing(step);
        }
        String directory = directory(line);
        if (directory != null) {
            policy = policy.preparing(new Step.Directory(Words.bytes(directory)));
        }
        Narrowing narrowing = Narrowing.read(line);
        policy = narrowing.applied(policy);
        // A policy's file may change, and what it includes.
        boolean fixed = !narrowing.through() && !line.has(Option.POLICY);
        boolean relative = narrowing.relative();
        for (FilterFile filter : filters) {
            fixed &= filter.steady();
            relative |= filter.relative();
        }
        if (line.has(Option.CLEAR_ENVIRONMENT) || line.has(Option.ENVIRONMENT)) {
            boolean clear = line.has(Option.CLEAR_ENVIRONMENT);
            List<byte[]> changes = new ArrayList<>();
            for (String entry : line.all(Option.ENVIRONMENT)) {
                int equals = entry.indexOf('=');
                if (entry.isEmpty() || equals == 0) {
                    throw Failure.usage("option --env: \"" + entry + "\" names no variable");
                }
                if (equals > 0) {
                    changes.add(Words.bytes(entry));
                } else if (clear) {
                    fixed = false;
                    String value = Words.value(environment, entry);
                    if (value != null) {
                        changes.add(Words.bytes(entry + "=" + value));
                    }
                }
            }
            policy = policy.preparing(new Step.Environment(!clear, changes));
        }
        if (line.has(Option.USER) || line.has(Option.GROUP)) {
            // The meaning of a name may change.
            fixed = false;
            policy = policy.preparing(identity(line));
        }
        return new PolicyOptions(policy, directory, line.has(Option.QUIET), fixed, relative, filters);
    }

    /** Promises and filters. */
    private static Policy held(CommandLine line, List<FilterFile> filters) throws Failure {
        if (line.has(Option.PROMISES) || filters.isEmpty()) {
            return filtered(Policy.of(promises(line)), filters);
        }
        for (Option option : List.of(Option.KILL, Option.ON_VIOLATION)) {
            if (line.has(option) && !line.has(Option.DENY_RULE)) {
                throw Failure.usage("option --" + option.word()
                        + " is for promises and --deny; what a filter refuses, it refuses in its own way");
            }
        }
        return filtered(Policy.of(filters.getFirst().filter()), filters.subList(1, filters.size()));
    }

    private static Policy filtered(Policy policy, List<FilterFile> filters) throws Failure {
        Policy filtered = policy;
        Filter all = policy.amendments().promised()
                ? null
                : policy.amendments().filters().getFirst().filter();
        for (FilterFile file : filters) {
            filtered = filtered.filtering(file.filter());
            try {
                all = all == null
                        ? file.filter().filter()
                        : all.and(file.filter().filter());
            } catch (IllegalArgumentException e) {
                throw Failure.usage("option --filter " + file.filter().name()
                        + " cannot be had together with the others: " + e.getMessage());
            }
        }
        return filtered;
    }

    private static Promises promises(CommandLine line) throws Failure {
        List<String> all = line.all(Option.PROMISES);
        if (all.isEmpty()) {
            throw Failure.usage("no promises: say with -p what the program may do, for example -p 'stdio rpath'");
        }
        try {
            for (String each : all) {
                Promises.parse(each);
            }
            return Promises.parse(String.join(" ", all).stripLeading());
        } catch (PromiseException e) {
            throw Failure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static Optional<Action> violation(CommandLine line) throws Failure {
        Optional<String> word = line.last(Option.ON_VIOLATION);
        if (word.isEmpty()) {
            return line.has(Option.KILL) ? Optional.of(Action.KILL_PROCESS) : Optional.empty();
        }
        Action action = action(word.get());
        if (line.has(Option.KILL) && !(action instanceof Action.KillProcess)) {
            throw Failure.usage("options -k and --on-violation " + word.get() + " contradict each other");
        }
        return Optional.of(action);
    }

    private static Action action(String word) throws Failure {
        String option = "option --on-violation: ";
        return switch (word) {
            case "kill" -> Action.KILL_PROCESS;
            case "trap" -> new Action.Trap(0);
            case "log" -> Action.LOG;
            case "trace", "notify" ->
                throw Failure.usage(option + word + " needs somebody who answers, and nothing of pledge runs beside"
                        + " the program");
            default -> {
                if (word.startsWith("errno:")) {
                    yield errno(option, word.substring("errno:".length()));
                }
                Optional<String> nearest = Nearest.nearest(word, ACTIONS);
                throw Failure.usage(option + "\"" + word + "\" is none of kill, errno:NAME, trap and log", nearest);
            }
        };
    }

    private static Action errno(String option, String name) throws Failure {
        OptionalInt number = Errno.number(Arch.host(), name);
        if (number.isPresent()) {
            return new Action.Errno(number.getAsInt());
        }
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= MOST_ERRNO; i++) {
            Errno.name(Arch.host(), i).ifPresent(names::add);
        }
        Optional<String> nearest = Nearest.nearest(name.toUpperCase(Locale.ROOT), names);
        throw Failure.usage(option + "unknown error \"" + name + "\"", nearest.map("errno:"::concat));
    }

    private static List<Step> limits(CommandLine line) throws Failure {
        List<Step> steps = new ArrayList<>();
        for (CommandLine.Given given : line.given()) {
            Option option = given.option();
            String argument = given.argument();
            switch (option) {
                case CPU -> steps.add(limit("RLIMIT_CPU", number(option, argument, Long.MAX_VALUE)));
                case MEMORY -> steps.add(limit("RLIMIT_AS", size(option, argument)));
                case FILE_SIZE -> steps.add(limit("RLIMIT_FSIZE", size(option, argument)));
                case OPEN_FILES -> steps.add(limit("RLIMIT_NOFILE", number(option, argument, Integer.MAX_VALUE)));
                case PROCESSES -> steps.add(limit("RLIMIT_NPROC", number(option, argument, Integer.MAX_VALUE)));
                default -> {}
            }
        }
        return steps;
    }

    private static Step limit(String resource, long value) {
        return new Step.Limit((int) Constants.of(Arch.host()).value(resource).orElseThrow(), value);
    }

    /** A whole number that is not negative. */
    static long number(Option option, String word, long most) throws Failure {
        long value = digits(word, word.length());
        if (value < 0 || value > most) {
            throw Failure.usage("option --" + option.word() + ": \"" + word + "\" is no number"
                    + (value > most ? " up to " + most : ""));
        }
        return value;
    }

    /** A number of bytes: digits, and perhaps a letter. */
    static long size(Option option, String word) throws Failure {
        int shift =
                word.isEmpty() ? 0 : 10 * (1 + "kmgt".indexOf(Character.toLowerCase(word.charAt(word.length() - 1))));
        long value = digits(word, shift == 0 ? word.length() : word.length() - 1);
        if (value < 0 || value > Long.MAX_VALUE >> shift) {
            throw Failure.usage("option --" + option.word() + ": \"" + word
                    + "\" is no size (a number of bytes, or one with k, m, g or t)");
        }
        return value << shift;
    }

    /** The value of the first so many characters, or -1 if they are no number that fits. */
    static long digits(String word, int length) {
        long value = length == 0 ? -1 : 0;
        for (int i = 0; i < length && value >= 0; i++) {
            int digit = word.charAt(i) - '0';
            value = digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10 ? -1 : value * 10 + digit;
        }
        return value;
    }

    private static @Nullable String directory(CommandLine line) throws Failure {
        Optional<String> directory = line.last(Option.DIRECTORY);
        if (directory.isEmpty()) {
            return null;
        }
        String word = directory.get();
        if (Files.isDirectory(RawPath.of(word))) {
            return word;
        }
        String wrong = Files.exists(RawPath.of(word)) ? ": not a directory" : ": no such directory";
        throw new Failure(
                Failure.OURS, Failure.suggesting("option --chdir: " + word + wrong, RawPath.nearest(word, null)));
    }

    private static Step identity(CommandLine line) throws Failure {
        int uid = -1;
        int gid = -1;
        Optional<String> user = line.last(Option.USER);
        if (user.isPresent()) {
            Accounts.User found = Accounts.user(user.get());
            uid = found.uid();
            gid = found.gid();
        }
        Optional<String> group = line.last(Option.GROUP);
        if (group.isPresent()) {
            gid = Accounts.group(group.get());
        }
        return new Step.Identity(uid, gid);
    }
}
