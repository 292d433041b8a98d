package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTreeTest {
    private final HostTree tree = new HostTree();

    @TempDir
    private Path directory;

    @Test
    void tellsDirectoriesFilesLinksAndNothingApart() throws IOException {
        Files.createDirectory(directory.resolve("d"));
        Files.createFile(directory.resolve("f"));
        Files.createSymbolicLink(directory.resolve("l"), Path.of("d/../f"));
        assertThat(tree.kind(path("d"))).isEqualTo(FileKind.DIRECTORY);
        assertThat(tree.kind(path("f"))).isEqualTo(FileKind.OTHER);
        assertThat(tree.kind(path("l"))).isEqualTo(FileKind.SYMLINK);
        assertThat(tree.kind(path("gone"))).isEqualTo(FileKind.MISSING);
        assertThat(tree.kind(FilePath.of("/dev/null"))).isEqualTo(FileKind.OTHER);
        assertThat(tree.target(path("l"))).isEqualTo(FilePath.of("d/../f"));
        assertThat(tree.names(FilePath.of(directory.toString())))
                .containsExactlyInAnyOrder(FilePath.of("d"), FilePath.of("f"), FilePath.of("l"));
    }

    @Test
    void namesOfAnyBytesSurvive() throws IOException {
        for (byte[] bytes : List.of(
                new byte[] {'a', (byte) 0xff, '%', '?', '#', ' ', '\n', ':'},
                "Bücher".getBytes(StandardCharsets.UTF_8),
                "%41".getBytes(StandardCharsets.US_ASCII))) {
            FilePath name = FilePath.of(bytes);
            FilePath inside = FilePath.of(directory.toString()).child(name);
            Files.createDirectory(HostTree.toPath(inside));
            assertThat(tree.kind(inside)).as(name.toString()).isEqualTo(FileKind.DIRECTORY);
            assertThat(tree.names(FilePath.of(directory.toString()))).contains(name);
            FilePath relative = path("relative" + bytes.length);
            FilePath absolute = path("absolute" + bytes.length);
            Files.createSymbolicLink(HostTree.toPath(absolute), HostTree.toPath(inside));
            Files.createSymbolicLink(
                    HostTree.toPath(relative), HostTree.toPath(inside).getFileName());
            assertThat(tree.target(absolute)).isEqualTo(inside);
            assertThat(tree.target(relative)).isEqualTo(name);
            assertThat(tree.names(inside)).isEmpty();
        }
    }

    @Test
    void whatCannotBeListedSaysSo() {
        assertThatThrownBy(() -> tree.names(path("gone"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> tree.names(FilePath.of("/dev/null"))).isInstanceOf(IOException.class);
    }

    @Test
    void aVeilOverRealFilesIsAsOverFilesInMemory() throws IOException {
        Files.createDirectories(directory.resolve("d/.git"));
        Files.createDirectory(directory.resolve("d/src"));
        Files.createFile(directory.resolve("d/notes"));
        Files.createSymbolicLink(directory.resolve("here"), Path.of("d"));
        FilePath real = FilePath.of(directory.toRealPath().toString());
        MemoryTree memory = new MemoryTree();
        String base = real + "/d/";
        memory.add(base + ".git", FileType.DIRECTORY)
                .add(base + "src", FileType.DIRECTORY)
                .add(base + "notes", FileType.REGULAR)
                .link(real + "/here", "d");
        List<Unveil> unveils = List.of(Unveil.parse("rwc:here"), Unveil.parse("r:here/.git"));
        Veil.Reading reading = new Veil.Reading(Meaning.UNPLEDGED, real, false, Listing.KEPT);
        Veil veil = Veil.of(unveils, reading, tree);
        assertThat(veil).isEqualTo(Veil.of(unveils, reading, memory));
        assertThat(veil.rules()).hasSize(3);
    }

    private FilePath path(String name) {
        return FilePath.of(directory.resolve(name).toString());
    }
}
