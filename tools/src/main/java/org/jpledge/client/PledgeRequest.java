package org.jpledge.client;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program, and what it is allowed. Immutable: each method gives a changed copy. Everything means what the option of the same name means
 * to the command {@code pledge}; nothing is checked before the server reads it.
 */
public final class PledgeRequest {
    private final List<String> command;
    private final List<String> promises;
    private final Map<String, String> unveils;
    private final List<String> words;
    private final Optional<String> directory;
    private final Optional<Map<String, String>> environment;
    private final Optional<String> input;

    private PledgeRequest(
            List<String> command,
            List<String> promises,
            Map<String, String> unveils,
            List<String> words,
            Optional<String> directory,
            Optional<Map<String, String>> environment,
            Optional<String> input) {
        this.command = List.copyOf(command);
        this.promises = List.copyOf(promises);
        this.unveils = new LinkedHashMap<>(unveils);
        this.words = List.copyOf(words);
        this.directory = directory;
        this.environment = environment;
        this.input = input;
    }

    /**
     * A program without a promise, which can only exit.
     *
     * @param command a program, looked for in PATH if it has no slash, and its arguments
     * @return the request
     */
    public static PledgeRequest of(String... command) {
        return new PledgeRequest(
                List.of(command), List.of(), Map.of(), List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * Promises, as option {@code -p} takes them.
     *
     * @param more words with spaces in between, such as {@code "stdio rpath"}; they are added
     * @return the changed request
     */
    public PledgeRequest promising(String more) {
        return new PledgeRequest(command, with(promises, more), unveils, words, directory, environment, input);
    }

    /**
     * Unveils a path, as option {@code -v} does.
     *
     * @param path which; a relative one starts in the {@link #in directory} of the request
     * @param permissions letters of {@code rwxc}; none hides it
     * @return the changed request
     */
    public PledgeRequest unveiling(Path path, String permissions) {
        Map<String, String> more = new LinkedHashMap<>(unveils);
        more.put(path.toString(), permissions);
        return new PledgeRequest(command, promises, more, words, directory, environment, input);
    }

    /**
     * Any other options, as words of the command line.
     *
     * @param options such as {@code "--kill"} or {@code "--connect=443"}
     * @return the changed request
     */
    public PledgeRequest with(String... options) {
        List<String> more = new ArrayList<>(words);
        more.addAll(List.of(options));
        return new PledgeRequest(command, promises, unveils, more, directory, environment, input);
    }

    /**
     * Where it runs; otherwise where the server does.
     *
     * @param place the directory
     * @return the changed request
     */
    public PledgeRequest in(Path place) {
        Optional<String> absolute = Optional.of(place.toAbsolutePath().toString());
        return new PledgeRequest(command, promises, unveils, words, absolute, environment, input);
    }

    /**
     * All of its environment; otherwise it has the server's.
     *
     * @param variables names and values
     * @return the changed request
     */
    public PledgeRequest environment(Map<String, String> variables) {
        Optional<Map<String, String>> all = Optional.of(new LinkedHashMap<>(variables));
        return new PledgeRequest(command, promises, unveils, words, directory, all, input);
    }

    /**
     * What it reads from its standard input; otherwise nothing.
     *
     * @param text sent as UTF-8
     * @return the changed request
     */
    public PledgeRequest reading(String text) {
        return new PledgeRequest(command, promises, unveils, words, directory, environment, Optional.of(text));
    }

    private static List<String> with(List<String> list, String more) {
        List<String> all = new ArrayList<>(list);
        all.add(more);
        return all;
    }

    List<String> command() {
        return command;
    }

    List<String> promises() {
        return promises;
    }

    Map<String, String> unveils() {
        return unveils;
    }

    List<String> words() {
        return words;
    }

    Optional<String> directory() {
        return directory;
    }

    Optional<Map<String, String>> environment() {
        return environment;
    }

    Optional<String> input() {
        return input;
    }
}
