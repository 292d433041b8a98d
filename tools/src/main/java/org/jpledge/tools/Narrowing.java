package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.PortRule;
import org.jpledge.promise.Policy;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Listing;
import org.jpledge.unveil.Problem;
import org.jpledge.unveil.Unveil;
import org.jpledge.unveil.UnveilException;

/**
 * What the options say of paths and ports.
 *
 * @param unveils in the order of the words
 * @param ignoreMissing whether those that do not exist are passed over
 * @param listing what happens to directories in which others are hidden
 * @param connect ports that may be connected to
 * @param bind ports that may be taken
 * @param loaderPath directories for the dynamic linker, absolute and without symbolic links
 * @param relative whether a path depends on the working directory
 * @param through whether the way to a directory for the dynamic linker goes through symbolic links
 */
record Narrowing(
        List<Unveil> unveils,
        boolean ignoreMissing,
        Listing listing,
        SortedSet<Integer> connect,
        SortedSet<Integer> bind,
        List<FilePath> loaderPath,
        boolean relative,
        boolean through) {
    /** Reads options. */
    static Narrowing read(CommandLine line) throws Failure {
        List<String> words = line.all(Option.UNVEIL);
        if (words.size() > Unveil.MOST) {
            throw usage(new Problem.TooManyUnveils(words.get(Unveil.MOST), words.size()));
        }
        List<Unveil> unveils = new ArrayList<>();
        boolean relative = false;
        for (String word : words) {
            Unveil unveil = unveil(word);
            unveils.add(unveil);
            relative |= !unveil.path().isAbsolute();
        }
        List<FilePath> directories = new ArrayList<>();
        boolean through = false;
        for (String word : line.all(Option.LOADER_PATH)) {
            Path real = directory(word);
            String path = RawPath.word(real);
            directories.add(FilePath.of(Words.bytes(path)));
            boolean absolute = word.startsWith("/");
            relative |= !absolute;
            through |= !absolute || !word.equals(path);
        }
        return new Narrowing(
                unveils,
                line.has(Option.IGNORE_MISSING),
                line.has(Option.CLOSE_LISTING) ? Listing.CLOSED : Listing.KEPT,
                ports(line, Option.CONNECT),
                ports(line, Option.BIND),
                directories,
                relative,
                through);
    }

    /** The policy with all of this. */
    Policy applied(Policy policy) {
        Policy narrowed = policy.listing(listing);
        for (Unveil unveil : unveils) {
            narrowed = narrowed.unveiling(unveil);
        }
        if (ignoreMissing) {
            narrowed = narrowed.ignoringMissing();
        }
        for (FilePath directory : loaderPath) {
            narrowed = narrowed.loaderPath(directory);
        }
        for (int port : connect) {
            narrowed = narrowed.connecting(port);
        }
        for (int port : bind) {
            narrowed = narrowed.binding(port);
        }
        return narrowed;
    }

    private static Unveil unveil(String word) throws Failure {
        try {
            return Unveil.parse(Words.bytes(word));
        } catch (UnveilException e) {
            throw usage(e.problem());
        }
    }

    private static Failure usage(Problem problem) {
        return Failure.usage(Words.ofText(problem.message()));
    }

    private static Path directory(String word) throws Failure {
        Path path = RawPath.of(word);
        if (Files.isDirectory(path)) {
            try {
                return RawPath.absolute(path).toRealPath();
            } catch (IOException e) {
                throw new Failure(Failure.OURS, "option --loader-path: " + word + ": cannot be looked at");
            }
        }
        String wrong = Files.exists(path) ? ": not a directory" : ": no such directory";
        throw new Failure(
                Failure.OURS, Failure.suggesting("option --loader-path: " + word + wrong, RawPath.nearest(word, null)));
    }

    /** Numbers, separated by commas. Zero is none: to bind to it is to ask for any. */
    private static SortedSet<Integer> ports(CommandLine line, Option option) throws Failure {
        SortedSet<Integer> ports = new TreeSet<>();
        for (String list : line.all(option)) {
            int at = 0;
            while (at <= list.length()) {
                int comma = list.indexOf(',', at);
                int end = comma < 0 ? list.length() : comma;
                String word = list.substring(at, end);
                long port = PolicyOptions.digits(word, word.length());
                if (port < 1 || port > PortRule.HIGHEST) {
                    throw Failure.usage("option --" + option.word() + ": \"" + word + "\" is no port; there are 1 to "
                            + PortRule.HIGHEST);
                }
                ports.add((int) port);
                at = end + 1;
            }
        }
        return ports;
    }
}
