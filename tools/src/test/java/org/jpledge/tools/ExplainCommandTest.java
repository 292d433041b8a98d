package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jpledge.landlock.Abi;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.text.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainCommandTest {
    private static String of(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("explain"));
        all.addAll(List.of(words));
        CommandLine line = CommandLine.parse(all);
        return ExplainCommand.of(
                line, all.subList(line.operands(), all.size()), () -> new RunningKernel(Abi.V7, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            open /etc/passwd for writing         | -p wpath -v w:/etc/passwd
            open /srv/a for reading and writing  | -p 'rpath wpath' -v rw:/srv/a
            read /srv/a                          | -p rpath -v r:/srv/a
            append to /srv/a                     | -p wpath -v w:/srv/a
            create /srv/none/a                   | -p 'wpath cpath'
            create directory /srv/a              | -p cpath -v c:/srv
            mkdir /srv/a                         | -p cpath -v c:/srv
            remove /srv/a                        | -p cpath -v c:/srv
            remove directory /srv/a              | -p cpath -v c:/srv
            rename /srv/a to /srv/b              | -p 'rpath cpath' -v c:/srv
            make fifo /srv/a                     | -p dpath -v c:/srv
            stat /srv/a                          | -p rpath
            chmod /srv/a                         | -p fattr
            touch /srv/a                         | -p fattr
            run /bin/ls                          | -p exec -v x:/bin/ls
            start a process                      | -p proc
            start a thread                       | -p stdio
            send a signal                        | -p proc
            connect to port 443                  | -p inet --connect 443
            connect to port https of example.org | -p inet --connect 443
            listen on port 8080                  | -p inet --bind 8080
            connect to unix socket /run/a        | -p unix
            lock a file                          | -p flock
            allocate memory                      | -p stdio
            make executable memory               | -p prot_exec
            cat: /srv/a: Permission denied       | -p rpath -v r:/srv/a
            bash: ./a/b: Permission denied       | /a/b
            mkdir: cannot create directory ‘/srv/x’: Permission denied | -p cpath -v c:/srv
            touch: cannot touch '/srv/x': Operation not permitted | -p 'wpath cpath'
            rm: cannot remove '/srv/x': Operation not permitted | -p cpath -v c:/srv
            ls: cannot open directory '/srv': Permission denied | -p rpath -v r:/srv
            PermissionError: [Errno 13] Permission denied: '/srv/x' | -p rpath -v r:/srv/x
            java.io.FileNotFoundException: /srv/x (Permission denied) | -p rpath -v r:/srv/x
            java.nio.file.AccessDeniedException: /srv/x | -p rpath -v r:/srv/x
            Error: EACCES: permission denied, open '/srv/x' | -p rpath -v r:/srv/x
            Error: EACCES: permission denied, mkdir '/srv/x' | -p cpath -v c:/srv
            Error: EPERM: operation not permitted, unlink '/srv/x' | -p cpath -v c:/srv
            Error: EACCES: permission denied, rename '/srv/x' -> '/srv/y' | -p 'rpath cpath' -v c:/srv
            Error: connect EACCES 192.0.2.1:8080 | -p inet --connect 8080
            dial tcp 192.0.2.1:8080: connect: permission denied | -p inet --connect 8080
            openat(AT_FDCWD, "/srv/x", O_RDONLY) = -1 EACCES (Permission denied) | -p rpath -v r:/srv/x
            [pid 12] openat(AT_FDCWD, "/srv/x", O_RDONLY) = -1 EPERM (Operation not permitted) | -p rpath -v r:/srv/x
            cat[12] openat("/srv/x", O_RDONLY) refused: needs rpath. Add: -p rpath | -p rpath -v r:/srv/x
            """)
    void aPhraseOrALineOfALogIsAnsweredWithOptions(String sentence, String options) throws Exception {
        String bytes = Words.ofText(sentence);
        assertThat(of(bytes)).contains("\nAdd: ").contains(options);
        assertThat(of(bytes.split(" ", -1))).isEqualTo(of(bytes));
    }

    @Test
    void recordsOfTheKernelAreAnswered() throws Exception {
        assertThat(of("audit: type=1326 audit(1700000000.123:42): auid=0 uid=0 gid=0 ses=1 pid=12 comm=\"cat\""
                        + " exe=\"/usr/bin/cat\" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f code=0x80000000"))
                .contains("socket of cat: needs ", "inet", "Add: -p ");
        assertThat(of("audit: type=1423 audit(1700000000.123:42): domain=195ba459b blockers=fs.read_file"
                        + " path=\"/srv/x\" dev=\"vda\" ino=5"))
                .contains("fs.read_file at /srv/x", "Add: -v r:/srv/x");
        assertThat(of("audit: type=1423 audit(1700000000.123:42): domain=195ba459b blockers=net.connect_tcp"
                        + " daddr=127.0.0.1 dest=443"))
                .contains("Add: --connect 443");
    }

    @Test
    void whatNoPromiseGivesIsSaid() throws Exception {
        assertThat(of("trace a process")).isEqualTo("ptrace: no promise gives it\n");
        assertThat(of("ptrace")).contains("ptrace: system call 101 of x86-64").contains("Never given");
    }

    @Test
    void aCallIsExplainedByNameAndNumberOnAnyArchitecture() throws Exception {
        assertThat(of("openat")).startsWith("openat: system call 257 of x86-64, as in: read PATH\n");
        assertThat(of("257")).isEqualTo(of("openat"));
        assertThat(of("openat"))
                .contains("\nrpath:\n", "\nrpath together with cpath:\n")
                .contains("openat(flags & O_ACCMODE == O_WRONLY, mode & (07000) == 0)");
        assertThat(of("--arch", "aarch64", "56")).startsWith("openat: system call 56 of aarch64");
        assertThat(of("stdio", "close")).contains("stdio: ", "close: system call 3 of x86-64");
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void everyRowOfTheTableIsUnderstood(Arch arch) {
        Phrases phrases = new Phrases(arch, "/");
        Set<String> examples = phrases.examples();
        assertThat(examples).hasSizeGreaterThan(40);
        for (String example : examples) {
            assertThat(phrases.understand(example)).as(example).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"opne /etc/passwd", "conect to port 443", "reed /etc/passwd"})
    void aMisspeltVerbIsCorrected(String phrase) {
        assertThatThrownBy(() -> of(phrase)).isInstanceOf(Failure.class).hasMessageContaining("did you mean '");
    }

    @Test
    void unknownWordsAreNamed() {
        assertThatThrownBy(() -> of("rpth"))
                .hasMessageContaining("\"rpth\" is no promise")
                .hasMessageContaining("rpath");
        assertThatThrownBy(() -> of("openatt")).hasMessageContaining("did you mean openat");
        assertThatThrownBy(() -> of("99999")).hasMessageContaining("x86-64 has no system call 99999");
        assertThatThrownBy(() -> of("stdio", "rpth"))
                .hasMessageContaining("\"rpth\"")
                .hasMessageContaining("rpath");
        assertThatThrownBy(() -> of("--arch", "vax", "openat")).hasMessageContaining("\"vax\" is none of");
        assertThatThrownBy(() -> of("what about the weather")).hasMessageContaining("not understood");
    }
}
