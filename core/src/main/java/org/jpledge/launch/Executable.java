package org.jpledge.launch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
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
 * @param dynamicLinker the real path of the ELF file's interpreter, if it has one and that is the system's
 * @param foreignLinker the ELF file's interpreter, if it is not one that the system vouches for
 */
public record Executable(Path file, List<Path> chain, Optional<Path> dynamicLinker, Optional<Path> foreignLinker) {
    /** How the bytes of file names become {@link Path}s in this JVM, and back. */
    public static final Charset NAMES =
            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

    /** As in the kernel: a script's interpreter may be a script, so many times. */
    private static final int MAX_SCRIPTS = 5;

    private static final int LINE = 256;
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int PT_INTERP = 3;
    private static final int ET_EXEC = 2;
    private static final int ET_DYN = 3;
    private static final int MAX_PATH = 4096;

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
        Path absolute = file.toAbsolutePath();
        List<Path> chain = new ArrayList<>();
        Path current = absolute;
        for (int scripts = 0; ; scripts++) {
            String context = scripts == 0 ? file.toString() : file + ": its interpreter " + current;
            checkFile(current, context);
            chain.add(current);
            byte[] start;
            try {
                start = read(current, 0, LINE);
            } catch (AccessDeniedException e) {
                // Executable, but not readable: the kernel can run it, and nobody can look into it.
                return new Executable(absolute, List.copyOf(chain), Optional.empty(), Optional.empty());
            } catch (IOException e) {
                throw new ExecutableException(context + ": cannot be read: " + e.getMessage(), false);
            }
            if (start.length < 2 || start[0] != '#' || start[1] != '!') {
                return elf(absolute, chain, current, start, context, arch);
            }
            if (scripts == MAX_SCRIPTS) {
                throw new ExecutableException(
                        file + ": more than " + MAX_SCRIPTS + " #! lines lead from one to the next", false);
            }
            current = interpreter(start, context);
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
        String name = new String(start, from, to - from, NAMES);
        if (name.endsWith("\r")) {
            throw new ExecutableException(context + ": its #! line ends in a carriage return (DOS line ending)", false);
        }
        return Path.of(name).toAbsolutePath();
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    private static Executable elf(Path file, List<Path> chain, Path elf, byte[] start, String context, Arch arch)
            throws ExecutableException {
        if (start.length < 4 || start[0] != 0x7f || start[1] != 'E' || start[2] != 'L' || start[3] != 'F') {
            throw new ExecutableException(context + ": no program (neither ELF nor a script with a #! line)", false);
        }
        if (start.length < HEADER) {
            throw new ExecutableException(context + ": truncated ELF file", false);
        }
        ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        if (start[4] != 2 || start[5] != 1 || header.getShort(18) != machine(arch)) {
            throw new ExecutableException(
                    context + ": " + describe(start) + " program; only " + arch.label()
                            + " programs can be confined here",
                    false);
        }
        int type = header.getShort(16);
        if (type != ET_EXEC && type != ET_DYN) {
            throw new ExecutableException(context + ": an ELF file, but no program (type " + type + ")", false);
        }
        try {
            Optional<String> named = namedInterpreter(elf, header, context);
            if (named.isEmpty()) {
                return new Executable(file, List.copyOf(chain), Optional.empty(), Optional.empty());
            }
            Path linker = Path.of(named.get());
            checkFile(linker, context + ": its dynamic linker " + linker);
            chain.add(linker);
            Path real = linker.toRealPath();
            boolean vouched = isSystemLinker(real);
            return new Executable(
                    file,
                    List.copyOf(chain),
                    vouched ? Optional.of(real) : Optional.empty(),
                    vouched ? Optional.empty() : Optional.of(real));
        } catch (IOException e) {
            throw new ExecutableException(context + ": cannot be read: " + e.getMessage(), false);
        }
    }

    private static Optional<String> namedInterpreter(Path elf, ByteBuffer header, String context)
            throws IOException, ExecutableException {
        long offset = header.getLong(32);
        int size = Short.toUnsignedInt(header.getShort(54));
        int count = Short.toUnsignedInt(header.getShort(56));
        if (size != PROGRAM_HEADER || count == 0) {
            throw new ExecutableException(context + ": truncated ELF file", false);
        }
        ByteBuffer table = ByteBuffer.wrap(read(elf, offset, size * count)).order(ByteOrder.LITTLE_ENDIAN);
        if (table.capacity() < size * count) {
            throw new ExecutableException(context + ": truncated ELF file", false);
        }
        for (int at = 0; at < table.capacity(); at += PROGRAM_HEADER) {
            if (table.getInt(at) == PT_INTERP) {
                long length = table.getLong(at + 32);
                if (length < 2 || length > MAX_PATH) {
                    throw new ExecutableException(context + ": its dynamic linker has no proper name", false);
                }
                byte[] name = read(elf, table.getLong(at + 8), (int) length);
                if (name.length < length || name[name.length - 1] != 0) {
                    throw new ExecutableException(context + ": truncated ELF file", false);
                }
                return Optional.of(new String(name, 0, name.length - 1, NAMES));
            }
        }
        return Optional.empty();
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

    private static byte[] read(Path file, long offset, int length) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(Math.max(0, offset));
            ByteBuffer bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining() && channel.read(bytes) > 0) {}
            byte[] read = new byte[bytes.position()];
            bytes.flip().get(read);
            return read;
        }
    }

    private static short machine(Arch arch) {
        return switch (arch) {
            case X86_64 -> 62;
            case AARCH64 -> 183;
            default -> throw new IllegalArgumentException("no launchers for " + arch.label());
        };
    }

    private static String describe(byte[] header) {
        String width = header[4] == 1 ? "a 32-bit" : "a 64-bit";
        ByteOrder order = header[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int machine = Short.toUnsignedInt(ByteBuffer.wrap(header).order(order).getShort(18));
        return switch (machine) {
            case 3 -> "an i386";
            case 8 -> "a MIPS";
            case 20, 21 -> "a PowerPC";
            case 22 -> "an s390";
            case 40 -> "an arm";
            case 62 -> width.equals("a 32-bit") ? "an x32" : "an x86-64";
            case 183 -> "an aarch64";
            case 243 -> "a RISC-V";
            default -> width + " foreign (machine " + machine + ")";
        };
    }
}
