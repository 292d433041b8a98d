package org.jpledge.launch;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jpledge.syscall.Arch;

/**
 * A program as execve(2) takes it: an ELF file of this machine, or a script whose {@code #!} lines lead to one.
 *
 * <p>Source: elf(5), execve(2), and the kernel's fs/binfmt_script.c.
 *
 * @param file the file to execute, absolute
 * @param chain {@code file}, then the interpreters of its {@code #!} lines, then the ELF file's own interpreter: every
 *     file on which the way of starting it depends
 * @param scripts the first members of {@code chain}, as far as they are scripts, which their interpreters read again
 * @param dynamicLinker the real path of the ELF file's interpreter, if it has one and that is the system's
 * @param foreignLinker the ELF file's interpreter, if it is not one that the system vouches for
 * @param runpath the directories where the ELF file itself says that its libraries are (DT_RUNPATH, or else DT_RPATH),
 *     absolute, {@code $ORIGIN} expanded, whether they exist or not; without those that are relative to the working
 *     directory or have another {@code $} token
 */
public record Executable(
        Path file,
        List<Path> chain,
        List<Path> scripts,
        Optional<Path> dynamicLinker,
        Optional<Path> foreignLinker,
        List<Path> runpath) {
    /** How the bytes of file names become {@link Path}s in this JVM, and back. */
    public static final Charset NAMES =
            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

    /** As in the kernel: a script's interpreter may be a script, so many times. */
    private static final int MAX_SCRIPTS = 5;

    private static final int LINE = 256;

    /**
     * Looks for a command as execvp(3) does and examines what it finds.
     *
     * @param command a path if it has a slash, otherwise a name
     * @param searchPath directories, separated by colons; an empty one is the working directory
     * @param arch the machine that is to run it
     * @return the program
     * @throws ExecutableException if there is none, or it cannot be executed
     */
    public static Executable find(String command, String searchPath, Arch arch) throws ExecutableException {
        if (command.isEmpty()) {
            throw new ExecutableException("the command is an empty word", true);
        }
        if (command.indexOf('/') >= 0) {
            return of(Path.of(command), arch);
        }
        Path found = null;
        for (String directory : searchPath.split(":", -1)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, command);
            if (!Files.isRegularFile(candidate)) {
                continue;
            }
            if (Files.isExecutable(candidate)) {
                return of(candidate, arch);
            }
            found = found == null ? candidate : found;
        }
        if (found != null) {
            throw new ExecutableException(found + ": not executable (no x permission)", false);
        }
        throw new ExecutableException(command + ": not found in PATH", true);
    }

    /**
     * Examines a file.
     *
     * @param file the file, relative to the working directory or absolute
     * @param arch the machine that is to run it
     * @return the program
     * @throws ExecutableException if it is not there, or cannot be executed
     */
    public static Executable of(Path file, Arch arch) throws ExecutableException {
        return of(file, Path.of("").toAbsolutePath(), arch);
    }

    /**
     * Examines a file for a thread that has a working directory of its own.
     *
     * @param file the file, relative to the working directory or absolute
     * @param directory the calling thread's working directory
     * @param arch the machine that is to run it
     * @return the program
     * @throws ExecutableException if it is not there, or cannot be executed
     */
    public static Executable of(Path file, Path directory, Arch arch) throws ExecutableException {
        Path absolute = directory.resolve(file);
        List<Path> chain = new ArrayList<>();
        Path current = absolute;
        for (int scripts = 0; ; scripts++) {
            String context = scripts == 0 ? file.toString() : file + ": its interpreter " + current;
            checkFile(current, context);
            chain.add(current);
            byte[] start;
            try {
                start = ElfFile.read(current, 0, LINE);
            } catch (AccessDeniedException e) {
                // Executable, but not readable: the kernel can run it, and nobody can look into it.
                return new Executable(
                        absolute,
                        List.copyOf(chain),
                        List.copyOf(chain.subList(0, chain.size() - 1)),
                        Optional.empty(),
                        Optional.empty(),
                        List.of());
            } catch (IOException e) {
                throw new ExecutableException(context + ": cannot be read: " + e.getMessage(), false);
            }
            if (start.length < 2 || start[0] != '#' || start[1] != '!') {
                return elf(absolute, chain, start, context, directory, arch);
            }
            if (scripts == MAX_SCRIPTS) {
                throw new ExecutableException(
                        file + ": more than " + MAX_SCRIPTS + " #! lines lead from one to the next", false);
            }
            current = directory.resolve(interpreter(start, context));
        }
    }

    private static void checkFile(Path file, String context) throws ExecutableException {
        if (!Files.exists(file)) {
            throw new ExecutableException(context + ": no such file", true);
        }
        if (Files.isDirectory(file)) {
            throw new ExecutableException(context + ": is a directory", false);
        }
        if (!Files.isRegularFile(file)) {
            throw new ExecutableException(context + ": not a regular file", false);
        }
        if (!Files.isExecutable(file)) {
            throw new ExecutableException(context + ": not executable (no x permission)", false);
        }
    }

    private static Path interpreter(byte[] start, String context) throws ExecutableException {
        int end = 2;
        while (end < start.length && start[end] != '\n' && start[end] != 0) {
            end++;
        }
        boolean whole = end < start.length || start.length < LINE;
        int from = 2;
        while (from < end && isBlank(start[from])) {
            from++;
        }
        int to = from;
        while (to < end && !isBlank(start[to])) {
            to++;
        }
        if (from == to) {
            throw new ExecutableException(context + ": its #! line names no interpreter", false);
        }
        if (!whole && to == end) {
            throw new ExecutableException(
                    context + ": its #! line is longer than the " + (LINE - 1) + " bytes the kernel reads", false);
        }
        if (start[to - 1] == '\r') {
            throw new ExecutableException(context + ": its #! line ends in a carriage return (DOS line ending)", false);
        }
        return path(Arrays.copyOfRange(start, from, to), context + ": its interpreter");
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static Executable elf(Path file, List<Path> chain, byte[] start, String context, Path directory, Arch arch)
            throws ExecutableException {
        List<Path> scripts = List.copyOf(chain.subList(0, chain.size() - 1));
        Path program = chain.getLast();
        try {
            ElfFile elf = ElfFile.of(program, start, context, arch);
            Optional<byte[]> named = elf.interpreter();
            if (named.isEmpty()) {
                return new Executable(file, List.copyOf(chain), scripts, Optional.empty(), Optional.empty(), List.of());
            }
            Path linker = path(named.get(), context + ": its dynamic linker");
            checkFile(linker, context + ": its dynamic linker " + linker);
            chain.add(linker);
            Path real = directory.resolve(linker).toRealPath();
            boolean vouched = isSystemLinker(real);
            // $ORIGIN is where the kernel found the program, symbolic links followed.
            Path origin = Objects.requireNonNull(program.toRealPath().getParent());
            return new Executable(
                    file,
                    List.copyOf(chain),
                    scripts,
                    vouched ? Optional.of(real) : Optional.empty(),
                    vouched ? Optional.empty() : Optional.of(real),
                    ElfFile.directories(elf.runpath(), origin));
        } catch (IOException e) {
            throw new ExecutableException(context + ": cannot be read: " + e.getMessage(), false);
        }
    }

    /** A path that a file names. */
    static Path path(byte[] bytes, String what) throws ExecutableException {
        try {
            return Path.of(new String(bytes, NAMES));
        } catch (InvalidPathException e) {
            throw new ExecutableException(what + " has a name that is none here: " + e.getReason(), false);
        }
    }

    /**
     * Code of the dynamic linker runs before a program's entry point, with more rights than the program. So it must be
     * one that only root could have put there, and have a linker's name: a shell would be an interpreter, too.
     */
    private static boolean isSystemLinker(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.startsWith("ld") || !name.contains(".so")) {
            return false;
        }
        for (Path place = file; place != null; place = place.getParent()) {
            if (!onlyRootMayChange(place)) {
                return false;
            }
        }
        return true;
    }

    private static boolean onlyRootMayChange(Path place) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(place);
        return Integer.valueOf(0).equals(Files.getAttribute(place, "unix:uid"))
                && !permissions.contains(PosixFilePermission.GROUP_WRITE)
                && !permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }
}
