package org.jpledge.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * A command that was found, as execvp(3) finds it.
 *
 * @param path what execve(2) is given: the command's word if it has a slash, otherwise the file in a directory of PATH
 * @param executable what the file is
 */
record CommandSearch(String path, Executable executable) {
    /** What glibc searches where PATH is not set. */
    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    /** Names that are shorter are like too many others. */
    private static final int SHORTEST = 3;

    /**
     * Looks for a command and examines it.
     *
     * @param command a path if it has a slash, otherwise a name
     * @param searchPath the directories of PATH, or null if it is not set
     * @param directory where relative paths start, or null for the working directory
     */
    static CommandSearch find(String command, @Nullable String searchPath, @Nullable String directory) throws Failure {
        return examine(path(command, searchPath, directory), directory);
    }

    /**
     * Looks for a command. A path is what it is, whether there is a file or not.
     *
     * @param command a path if it has a slash, otherwise a name
     * @param searchPath the directories of PATH, or null if it is not set
     * @param directory where relative paths start, or null for the working directory
     */
    static String path(String command, @Nullable String searchPath, @Nullable String directory) throws Failure {
        if (command.isEmpty()) {
            throw new Failure(Failure.NOT_FOUND, "the command is an empty word");
        }
        if (command.indexOf('/') >= 0) {
            return command;
        }
        List<String> directories = split(searchPath == null ? DEFAULT_PATH : searchPath);
        String unusable = null;
        for (String each : directories) {
            String path = each.isEmpty() ? command : each + "/" + command;
            Path file = RawPath.in(directory, path);
            if (Files.isRegularFile(file)) {
                if (Files.isExecutable(file)) {
                    return path;
                }
                unusable = unusable == null ? path : unusable;
            }
        }
        if (unusable != null) {
            throw new Failure(Failure.CANNOT_EXECUTE, unusable + ": not executable (no x permission)");
        }
        Optional<String> meant = command.length() < SHORTEST
                ? Optional.empty()
                : Nearest.nearest(command, commands(directories, directory));
        throw new Failure(Failure.NOT_FOUND, Failure.suggesting(command + ": not found in PATH", meant));
    }

    private static CommandSearch examine(String path, @Nullable String directory) throws Failure {
        Path here;
        try {
            here = RawPath.here();
        } catch (IOException e) {
            throw new Failure(Failure.OURS, Failure.NOWHERE);
        }
        try {
            return new CommandSearch(path, Executable.of(RawPath.in(directory, path), here, Arch.host()));
        } catch (ExecutableException e) {
            String message = Words.ofText(String.valueOf(e.getMessage()));
            if (!e.missing()) {
                throw new Failure(Failure.CANNOT_EXECUTE, message);
            }
            throw new Failure(Failure.NOT_FOUND, Failure.suggesting(message, RawPath.nearest(path, directory)));
        }
    }

    private static List<String> split(String searchPath) {
        List<String> directories = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= searchPath.length(); i++) {
            if (i == searchPath.length() || searchPath.charAt(i) == ':') {
                directories.add(searchPath.substring(start, i));
                start = i + 1;
            }
        }
        return directories;
    }

    private static List<String> commands(List<String> directories, @Nullable String directory) {
        List<String> names = new ArrayList<>();
        for (String each : directories) {
            names.addAll(RawPath.names(RawPath.in(directory, each.isEmpty() ? "." : each)));
        }
        return names;
    }
}
