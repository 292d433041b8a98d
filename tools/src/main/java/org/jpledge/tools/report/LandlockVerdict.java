package org.jpledge.tools.report;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.landlock.Verdict;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.jspecify.annotations.Nullable;

/**
 * What Landlock will say to a call that is about to be made. The kernel decides; this only foretells it, by the same rules and
 * by the files as they are now, so that the refusal can be explained.
 */
final class LandlockVerdict {
    private static final Arch ARCH = Arch.host();
    private static final long ACCESS_MODE = flag("O_ACCMODE");
    private static final long WRITE_ONLY = flag("O_WRONLY");
    private static final long READ_WRITE = flag("O_RDWR");
    private static final long CREATE = flag("O_CREAT");
    private static final long EXCLUSIVE = flag("O_EXCL");
    private static final long TRUNCATE = flag("O_TRUNC");
    private static final long PATH_ONLY = flag("O_PATH");
    private static final long DIRECTORY_ONLY = flag("O_DIRECTORY");
    private static final long TEMPORARY = flag("O_TMPFILE");
    private static final long EXCHANGE = flag("AT_RENAME_EXCHANGE");
    private static final long NO_REPLACE = flag("AT_RENAME_NOREPLACE");
    private static final int MODE_TYPE = 0170000;
    private static final int LONGEST_NAME = 64;

    private final Model model;
    private final boolean unixPaths;
    private final Family family;

    /**
     * What a process is held to.
     *
     * @param abi the kernel's version of Landlock
     * @param rulesets the layers that it has taken upon itself
     * @param family who else is inside
     */
    LandlockVerdict(Abi abi, List<Ruleset> rulesets, Family family) {
        List<Ruleset> real = new ArrayList<>();
        boolean handled = false;
        for (Ruleset ruleset : rulesets) {
            real.add(resolved(ruleset));
            handled |= ruleset.handledFs().has(FsRight.RESOLVE_UNIX);
        }
        this.model = new Model(abi, real);
        this.unixPaths = handled;
        this.family = family;
    }

    private static long flag(String name) {
        return Constants.of(ARCH).value(name).orElseThrow();
    }

    /** The system's paths lead through symbolic links, which the launcher follows when it makes the rules. */
    private static Ruleset resolved(Ruleset ruleset) {
        List<PathRule> rules = new ArrayList<>();
        for (PathRule rule : ruleset.paths()) {
            if (rule.presence() != PathRule.Presence.SYSTEM) {
                rules.add(rule);
                continue;
            }
            try {
                Path real = RawPath.of(word(rule.path())).toRealPath();
                if (Files.isDirectory(real) == rule.directory()) {
                    FilePath path = FilePath.of(Words.bytes(RawPath.word(real)));
                    rules.add(new PathRule(path, rule.directory(), rule.allowed(), PathRule.Presence.REQUIRED));
                }
            } catch (IOException _) {
                // It is not there: the launcher passes over it, too.
            }
        }
        return new Ruleset(ruleset.handledFs(), ruleset.handledNet(), ruleset.scoped(), rules, ruleset.ports());
    }

    private static String word(FilePath path) {
        return new String(path.bytes(), StandardCharsets.ISO_8859_1);
    }

    /**
     * Foretells.
     *
     * @param call the call
     * @return the name of the error that Landlock refuses it with; nothing if it does not, or something else fails first
     */
    Optional<String> error(Syscall call) {
        List<String> paths = paths(call);
        if (call.name().startsWith("symlink") && !paths.isEmpty()) {
            paths = paths.subList(paths.size() - 1, paths.size()); // Where it points does not matter.
        }
        for (String path : paths) {
            if (!path.startsWith("/")) {
                return Optional.empty();
            }
        }
        String first = paths.isEmpty() ? "" : paths.getFirst();
        String second = paths.size() < 2 ? "" : paths.get(1);
        return switch (call.name()) {
            case "open", "openat" -> open(first, raw(call, "flags"));
            case "creat" -> open(first, WRITE_ONLY | CREATE | TRUNCATE);
            case "truncate" -> type(first).isEmpty() ? Optional.empty() : use(first, FsRight.TRUNCATE);
            case "execve", "execveat" -> execute(first);
            case "unlink", "unlinkat", "rmdir" -> remove(first);
            case "mkdir", "mkdirat" -> create(first, FileType.DIRECTORY);
            case "mknod", "mknodat" -> create(first, made(raw(call, "mode")));
            case "symlink", "symlinkat" -> create(first, FileType.SYMLINK);
            case "link", "linkat" -> link(first, second);
            case "rename", "renameat", "renameat2" -> rename(first, second, raw(call, "flags"));
            case "connect" -> connect(call, NetRight.CONNECT_TCP, NetRight.CONNECT_SEND_UDP);
            case "bind" -> bind(call);
            case "sendto", "sendmsg", "sendmmsg" -> connect(call, null, NetRight.CONNECT_SEND_UDP);
            case "kill", "tgkill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo" -> signal(call);
            default -> Optional.empty();
        };
    }

    private static List<String> paths(Syscall call) {
        List<String> paths = new ArrayList<>();
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.PathName path) {
                paths.add(path.file().isEmpty() ? path.absolute() : path.file());
            }
        }
        return paths;
    }

    private static long raw(Syscall call, String name) {
        for (Argument argument : call.arguments()) {
            if (argument.name().equals(name)) {
                return argument.raw();
            }
        }
        return 0;
    }

    private Optional<String> open(String path, long flags) {
        if ((flags & PATH_ONLY) != 0 || path.isEmpty()) {
            return Optional.empty();
        }
        // Mostly all is granted, whatever is there.
        Rights<FsRight> wanted = mode(flags);
        Rights<FsRight> most = (flags & TRUNCATE) != 0 ? wanted.plus(FsRight.TRUNCATE) : wanted;
        boolean makes = (flags & CREATE) != 0;
        if (use(path, (flags & ACCESS_MODE) == 0 ? most.plus(FsRight.READ_DIR) : most)
                        .isEmpty()
                && (!makes || grantsMaking(path, FileType.REGULAR))) {
            return Optional.empty();
        }
        Optional<FileType> type = type(path);
        if (type.isEmpty()) {
            Optional<String> refused = makes ? create(path, FileType.REGULAR) : Optional.empty();
            return makes && refused.isEmpty() && isDirectory(parent(path)) ? use(path, wanted) : refused;
        }
        boolean temporary = (flags & TEMPORARY) == TEMPORARY;
        if (type.get() == FileType.DIRECTORY) {
            if (temporary) {
                return use(path, wanted);
            }
            return makes || (flags & ACCESS_MODE) != 0 ? Optional.empty() : use(path, FsRight.READ_DIR);
        }
        if (temporary
                || (flags & DIRECTORY_ONLY) != 0
                || makes && (flags & EXCLUSIVE) != 0
                || type.get() == FileType.SYMLINK) {
            return Optional.empty();
        }
        return use(path, type.get() == FileType.REGULAR ? most : wanted);
    }

    /** What an open file will be used for. */
    private static Rights<FsRight> mode(long flags) {
        long mode = flags & ACCESS_MODE;
        Rights<FsRight> wanted = Rights.none();
        if (mode == 0 || mode == READ_WRITE) {
            wanted = wanted.plus(FsRight.READ_FILE);
        }
        if (mode == WRITE_ONLY || mode == READ_WRITE) {
            wanted = wanted.plus(FsRight.WRITE_FILE);
        }
        return wanted;
    }

    private Optional<String> use(String path, FsRight right) {
        return use(path, Rights.of(right));
    }

    private Optional<String> use(String path, Rights<FsRight> wanted) {
        return said(model.use(FilePath.of(Words.bytes(path)), wanted));
    }

    private static Optional<String> said(Verdict verdict) {
        return verdict == Verdict.ALLOWED ? Optional.empty() : Optional.of(verdict.name());
    }

    /** A program, and what has to be executed for it: a script's interpreter, the dynamic linker. */
    private Optional<String> execute(String path) {
        Path file = RawPath.of(path);
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            return Optional.empty();
        }
        return refusedToExecute(path).isPresent() ? Optional.of(Verdict.EACCES.name()) : Optional.empty();
    }

    /**
     * Which file it is that cannot be executed, where a program cannot.
     *
     * @param path the program
     * @return the program, its interpreter or its dynamic linker; nothing if none of them is in the way
     */
    Optional<String> refusedToExecute(String path) {
        List<String> chain = new ArrayList<>(List.of(path));
        try {
            for (Path each : Executable.of(RawPath.of(path), ARCH).chain()) {
                chain.add(RawPath.word(each.toRealPath()));
            }
        } catch (ExecutableException | IOException _) {
            // Not a program that could be confined, or one that cannot be read: what is known is its own path.
            return model.execute(FilePath.of(Words.bytes(path))) == Verdict.ALLOWED
                    ? Optional.empty()
                    : Optional.of(path);
        }
        for (String each : chain) {
            if (model.execute(FilePath.of(Words.bytes(each))) != Verdict.ALLOWED) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private Optional<String> create(String path, FileType type) {
        if (path.isEmpty() || grantsMaking(path, type) || type(path).isPresent() || !isDirectory(parent(path))) {
            return Optional.empty();
        }
        return Optional.of(Verdict.EACCES.name());
    }

    private boolean grantsMaking(String path, FileType type) {
        return model.create(FilePath.of(Words.bytes(path)), type) == Verdict.ALLOWED;
    }

    private Optional<String> remove(String path) {
        Optional<FileType> type = type(path);
        return type.isEmpty() ? Optional.empty() : said(model.remove(FilePath.of(Words.bytes(path)), type.get()));
    }

    private Optional<String> link(String old, String path) {
        Optional<FileType> type = type(old);
        return type.isEmpty() || type(path).isPresent() || !isDirectory(parent(path))
                ? Optional.empty()
                : said(model.link(FilePath.of(Words.bytes(old)), type.get(), FilePath.of(Words.bytes(path))));
    }

    private Optional<String> rename(String old, String path, long flags) {
        Optional<FileType> type = type(old);
        Optional<FileType> there = type(path);
        if (type.isEmpty() || !isDirectory(parent(path)) || (flags & NO_REPLACE) != 0 && there.isPresent()) {
            return Optional.empty();
        }
        FilePath from = FilePath.of(Words.bytes(old));
        FilePath to = FilePath.of(Words.bytes(path));
        if ((flags & EXCHANGE) != 0) {
            return there.isEmpty() ? Optional.empty() : said(model.exchange(from, type.get(), to, there.get()));
        }
        return said(model.rename(from, type.get(), to, there));
    }

    private Optional<String> connect(Syscall call, @Nullable NetRight tcp, NetRight udp) {
        return switch (endpoint(call)) {
            case Endpoint.Internet internet -> {
                String what = protocol(call);
                if (what.startsWith("tcp")) {
                    yield tcp == null ? Optional.empty() : said(model.port(internet.port(), tcp));
                }
                yield what.startsWith("udp") ? said(model.port(internet.port(), udp)) : Optional.empty();
            }
            case Endpoint.Local local -> local(local);
            default -> Optional.empty();
        };
    }

    private Optional<String> local(Endpoint.Local local) {
        if (local.isAbstract()) {
            boolean ends = model.ends(Scope.ABSTRACT_UNIX_SOCKET) && family.isAbstractSocketOutside(local.path());
            return ends ? Optional.of("EPERM") : Optional.empty();
        }
        String path = local.file().isEmpty() ? local.path() : local.file();
        return unixPaths && path.startsWith("/") && type(path).equals(Optional.of(FileType.SOCKET))
                ? use(path, FsRight.RESOLVE_UNIX)
                : Optional.empty();
    }

    private Optional<String> bind(Syscall call) {
        if (endpoint(call) instanceof Endpoint.Local(String path, boolean isAbstract, String file)) {
            String name = file.isEmpty() ? path : file;
            return isAbstract || !name.startsWith("/") ? Optional.empty() : create(name, FileType.SOCKET);
        }
        return connect(call, NetRight.BIND_TCP, NetRight.BIND_UDP);
    }

    private Optional<String> signal(Syscall call) {
        int target = (int) call.arguments().getFirst().raw();
        boolean ends = model.ends(Scope.SIGNAL) && target > 0 && family.isOutside(target);
        return ends ? Optional.of("EPERM") : Optional.empty();
    }

    private static Endpoint endpoint(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Socket socket) {
                return socket.endpoint();
            }
        }
        return new Endpoint.Other("");
    }

    /** The protocol of a call's socket, as the kernel names it, in small letters; empty if it does not. */
    private static String protocol(Syscall call) {
        for (Argument argument : call.arguments()) {
            if (argument instanceof Argument.Descriptor descriptor) {
                return attribute("/proc/" + call.task().thread() + "/fd/" + descriptor.number())
                        .toLowerCase(Locale.ROOT);
            }
        }
        return "";
    }

    /** Read through /proc, a socket has its protocol's name as an attribute. */
    private static String attribute(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(LONGEST_NAME);
            long length = Kernel.call(
                    "getxattr",
                    arena.allocateFrom(path).address(),
                    arena.allocateFrom("system.sockprotoname").address(),
                    value.address(),
                    LONGEST_NAME);
            byte[] name = new byte[(int) Math.max(0, length)];
            MemorySegment.copy(value, ValueLayout.JAVA_BYTE, 0, name, 0, name.length);
            return new String(name, StandardCharsets.US_ASCII).replace("\0", "");
        }
    }

    private static FileType made(long mode) {
        return switch ((int) mode & MODE_TYPE) {
            case 0010000 -> FileType.FIFO;
            case 0020000 -> FileType.CHARACTER_DEVICE;
            case 0060000 -> FileType.BLOCK_DEVICE;
            case 0140000 -> FileType.SOCKET;
            default -> FileType.REGULAR;
        };
    }

    private static boolean isDirectory(String path) {
        return type(path).equals(Optional.of(FileType.DIRECTORY));
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /** What is at a path, its last name not followed; nothing if nothing is there. */
    private static Optional<FileType> type(String path) {
        try {
            int mode = (int) Files.getAttribute(RawPath.of(path), "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return Optional.of(
                    switch (mode & MODE_TYPE) {
                        case 0040000 -> FileType.DIRECTORY;
                        case 0120000 -> FileType.SYMLINK;
                        default -> made(mode);
                    });
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}
