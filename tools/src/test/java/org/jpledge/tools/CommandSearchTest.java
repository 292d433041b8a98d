package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandSearchTest {
    @TempDir
    private Path directory;

    private Path write(String name, String mode, byte... bytes) throws IOException {
        Path file = directory.resolve(name);
        Files.write(file, bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    private Path script(String name, String text) throws IOException {
        return write(name, "rwxr-xr-x", Words.bytes(text));
    }

    private static void refused(int status, String message, String command, String path) {
        assertThatThrownBy(() -> CommandSearch.find(command, path, null))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(status))
                .hasMessage(message);
    }

    @Test
    void pathIsSearchedInOrderAndFilesThatAreNoneAreSkipped() throws Exception {
        Files.createDirectories(directory.resolve("a/tool"));
        Files.createDirectories(directory.resolve("b"));
        Files.createDirectories(directory.resolve("c"));
        write("b/tool", "rw-r--r--", (byte) 1);
        script("c/tool", "#!/bin/sh\n");
        String path = directory + "/none:" + directory + "/a:" + directory + "/b:" + directory + "/c";
        assertThat(CommandSearch.find("tool", path, null).path()).isEqualTo(directory + "/c/tool");
        refused(
                126,
                directory + "/b/tool: not executable (no x permission)",
                "tool",
                directory + "/a:" + directory + "/b");
    }

    @Test
    void withoutPathTheSystemsDirectoriesAreSearched() throws Exception {
        assertThat(CommandSearch.find("sh", null, null).path()).isEqualTo("/bin/sh");
    }

    @Test
    void aPathWithASlashIsTakenAsItIs() throws Exception {
        script("tool", "#!/bin/sh\n");
        assertThat(CommandSearch.find("./tool", "/bin", directory.toString()).path())
                .isEqualTo("./tool");
        assertThat(CommandSearch.find("tool", "", directory.toString()).path()).isEqualTo("tool");
    }

    @Test
    void whatIsNotFoundIs127WithTheNearestName() throws Exception {
        script("frobnicate", "#!/bin/sh\n");
        refused(127, "frobnicat: not found in PATH (did you mean frobnicate?)", "frobnicat", "/nowhere:" + directory);
        refused(127, "/nowhere/x: no such file", "/nowhere/x", "/bin");
        refused(127, "the command is an empty word", "", "/bin");
        String almost = directory + "/frobnicat";
        refused(127, almost + ": no such file (did you mean " + almost + "e?)", almost, "/bin");
        String umlaut = directory + "/m\u00c3\u00b6hre";
        refused(127, umlaut + ": no such file", umlaut, "/bin");
    }

    @Test
    void whatCannotBeExecutedIs126() throws Exception {
        refused(126, directory + ": is a directory", directory.toString(), "");
        Path plain = write("plain", "rw-r--r--", (byte) 'x');
        refused(126, plain + ": not executable (no x permission)", plain.toString(), "");
        Path text = script("text", "hello\n");
        refused(126, text + ": no program (neither ELF nor a script with a #! line)", text.toString(), "");
        Path empty = script("empty", "");
        refused(126, empty + ": no program (neither ELF nor a script with a #! line)", empty.toString(), "");
        Path nothing = script("nothing", "#! \n");
        refused(126, nothing + ": its #! line names no interpreter", nothing.toString(), "");
        Path missing = script("missing", "#!/no/such/thing -x\n");
        refused(127, missing + ": its interpreter /no/such/thing: no such file", missing.toString(), "");
        Path endless = script("endless", "#!/" + "x".repeat(300) + "\n");
        refused(126, endless + ": its #! line is longer than the 255 bytes the kernel reads", endless.toString(), "");
    }

    @Test
    void programsOfOtherMachinesAndHalfProgramsAre126() throws Exception {
        byte[] header = new byte[64];
        byte[] start = {0x7f, 'E', 'L', 'F', 1, 1, 1};
        System.arraycopy(start, 0, header, 0, start.length);
        header[16] = 2;
        header[18] = 3;
        Path i386 = write("i386", "rwxr-xr-x", header);
        assertThatThrownBy(() -> CommandSearch.find(i386.toString(), "", null))
                .hasMessageStartingWith(i386 + ": an i386 program; only ");
        header[4] = 2;
        header[18] = 22;
        Path s390 = write("s390", "rwxr-xr-x", header);
        assertThatThrownBy(() -> CommandSearch.find(s390.toString(), "", null))
                .hasMessageStartingWith(s390 + ": an s390 program; only ");
        for (int length : List.of(4, 20, 63, 64, 100)) {
            byte[] whole = Files.readAllBytes(Path.of("/bin/sh"));
            Path half = write("half" + length, "rwxr-xr-x", java.util.Arrays.copyOf(whole, length));
            refused(126, half + ": truncated ELF file", half.toString(), "");
        }
    }

    @Test
    void namesMayHaveAnyBytes() throws Exception {
        Path file = RawPath.of(directory + "/na\u00efve \u00ff");
        Files.write(file, Words.bytes("#!/bin/sh\n"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        CommandSearch found = CommandSearch.find("na\u00efve \u00ff", directory.toString(), null);
        assertThat(found.path()).isEqualTo(directory + "/na\u00efve \u00ff");
        assertThat(RawPath.word(found.executable().file())).isEqualTo(directory + "/na\u00efve \u00ff");
    }
}
