package org.jpledge;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of a case, in a directory of its own. */
final class RegressPlace implements AutoCloseable {
    private static final List<String> USUAL = List.of("dir1/subdir/", "dir2/subdir/", "file1", "file2");

    private final Path directory;
    private final Path program;
    private final int owner;
    private final List<ServerSocketChannel> servers = new ArrayList<>();

    /**
     * Makes a directory that is empty but for the files of a case.
     *
     * @param program what is copied for {@code name=program}
     * @param nobody whether the files belong to uid 65534; otherwise to this user
     */
    RegressPlace(RegressCase regress, Path program, boolean nobody) throws IOException {
        this.directory = NativeProgram.directory();
        this.program = program;
        this.owner = nobody ? Run.NOBODY : -1;
        own(directory);
        for (String name : USUAL) {
            make(name);
        }
        for (String name : regress.made()) {
            make(name);
        }
        if (regress.mounted().isPresent()) {
            make(regress.mounted().get() + '/');
        }
        if (regress.root().isPresent()) {
            copy(Path.of(path(regress.root().get()) + "/regress"));
        }
    }

    Path directory() {
        return directory;
    }

    /** A word of the table as the program gets it: {@code @} is this directory, {@code @@} a name beside it. */
    String path(String words) {
        return words.replace("@@", directory + "-").replace("@", directory + "/");
    }

    private void make(String name) throws IOException {
        int link = name.indexOf('>');
        int kind = name.indexOf('=');
        if (link >= 0) {
            Path path = below(name.substring(0, link));
            Files.createSymbolicLink(path, Path.of(name.substring(link + 1)));
        } else if (kind >= 0) {
            makeSpecial(below(name.substring(0, kind)), name.substring(kind + 1));
        } else if (name.endsWith("/") || name.endsWith("!")) {
            Path path = below(name.substring(0, name.length() - 1));
            if (!Files.exists(path)) {
                Files.createDirectory(path);
                own(path);
            }
            if (name.endsWith("!")) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
                if (owner >= 0) {
                    Files.setAttribute(path, "unix:uid", 0);
                }
            }
        } else {
            Path path = below(name);
            Files.writeString(path, "content");
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            own(path);
        }
    }

    private void makeSpecial(Path path, String kind) throws IOException {
        if (kind.equals("program")) {
            copy(path);
        } else if (kind.equals("socket")) {
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            servers.add(server);
            server.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
        } else if (kind.startsWith("#!")) {
            Files.writeString(path, "#!" + directory.resolve(kind.substring(2)) + '\n');
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        } else {
            throw new IllegalArgumentException(kind);
        }
    }

    private void copy(Path path) throws IOException {
        Files.copy(program, path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        own(path);
    }

    private Path below(String name) throws IOException {
        Path path = directory.resolve(name);
        for (Path parent = directory; !parent.equals(path.getParent()); ) {
            parent = directory.resolve(
                    directory.relativize(path).subpath(0, parent.getNameCount() - directory.getNameCount() + 1));
            if (!Files.exists(parent)) {
                Files.createDirectory(parent);
                own(parent);
            }
        }
        return path;
    }

    private void own(Path path) throws IOException {
        if (owner >= 0) {
            Files.setAttribute(path, "unix:uid", owner);
            Files.setAttribute(path, "unix:gid", owner);
        }
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel server : servers) {
            server.close();
        }
        List<Path> paths = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.forEach(paths::addFirst);
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }
}
