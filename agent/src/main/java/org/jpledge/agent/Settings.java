package org.jpledge.agent;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jpledge.Preload;
import org.jpledge.Promise;
import org.jpledge.Sandbox;
import org.jspecify.annotations.Nullable;

/**
 * What the text behind {@code -javaagent:...=} says.
 *
 * @param sandbox the sandbox
 * @param reads whether {@code rpath} is promised
 * @param bestEffort whether to go on with what the kernel can enforce, and to say what it cannot
 * @param preload parts of the Java library to load beside those that the promises imply
 */
record Settings(Sandbox sandbox, boolean reads, boolean bestEffort, List<Preload> preload) {
    private static final String FORM = "PROMISES[;[PERMS:]PATH]...[;OPTION=VALUE]...";

    Settings {
        preload = List.copyOf(preload);
    }

    Settings with(Sandbox changed) {
        return new Settings(changed, reads, bestEffort, preload);
    }

    /**
     * Reads {@code PROMISES[;[PERMS:]PATH]...[;OPTION=VALUE]...}.
     *
     * @throws IllegalArgumentException if a word is none; the message names it
     */
    static Settings parse(@Nullable String text) {
        if (text == null) {
            throw new UsageException("no promises: -javaagent:FILE='" + FORM + "'");
        }
        List<String> parts = List.of(text.split(";", -1));
        String promises = parts.getFirst();
        boolean reads = List.of(promises.split(" ", -1)).contains(Promise.RPATH.word());
        Settings settings = new Settings(Sandbox.pledge(promises), reads, false, List.of());
        for (String part : parts.subList(1, parts.size())) {
            settings = settings.and(part);
        }
        return settings;
    }

    private Settings and(String part) {
        if (part.isEmpty()) {
            throw new UsageException("nothing between semicolons; it is " + FORM);
        }
        int equals = part.indexOf('=');
        if (equals < 0 || part.indexOf('/') >= 0 || part.indexOf(':') >= 0) {
            return with(unveiling(part));
        }
        Optional<Option> option = Option.of(part.substring(0, equals));
        if (option.isEmpty()) {
            throw new UsageException(
                    "\"" + part + "\" is no option: " + Option.words() + " (a path would be ./" + part + ')');
        }
        return option.get().set(this, part.substring(equals + 1));
    }

    /** As the command's {@code -v}: permissions up to a colon before which there is no slash; without them, read. */
    private Sandbox unveiling(String part) {
        int colon = part.indexOf(':');
        int slash = part.indexOf('/');
        boolean bare = colon < 0 || (slash >= 0 && slash < colon);
        try {
            return sandbox.unveil(
                    Path.of(bare ? part : part.substring(colon + 1)), bare ? "r" : part.substring(0, colon));
        } catch (InvalidPathException e) {
            throw new UsageException("\"" + part + "\" is no path: " + e.getReason());
        }
    }
}
