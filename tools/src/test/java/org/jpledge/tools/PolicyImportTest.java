package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.exchange.Format;
import org.jpledge.tools.exchange.ImportException;
import org.jpledge.tools.exchange.ImportSettings;
import org.jpledge.tools.exchange.PolicySource;
import org.jpledge.tools.inspect.Listing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code pledge policy import}: from each form of others to a policy's file that says the same. */
class PolicyImportTest {
    @TempDir
    private Path directory;

    /** A file of each form that is read. */
    enum Sample {
        OCI(Format.OCI, """
                {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
                 "syscalls": [{"names": ["read", "write", "nosuchcall"], "action": "SCMP_ACT_ALLOW"},
                  {"names": ["ptrace"], "action": "SCMP_ACT_KILL"}]}
                """, "SCMP_ACT_KILL", "SCMP_ACT_KIL", "3:35: unknown action", """
                no kernel has a system call nosuchcall\
                """),
        K8S(
                Format.KUBERNETES,
                """
                apiVersion: security-profiles-operator.x-k8s.io/v1
                kind: SeccompProfile
                metadata:
                  name: small
                spec:
                  defaultAction: SCMP_ACT_ERRNO
                  syscalls:
                  - action: SCMP_ACT_ALLOW
                    names:
                    - read
                    - nosuchcall
                """,
                "SCMP_ACT_ALLOW",
                "SCMP_ACT_ALOW",
                "8:13: unknown action",
                "no kernel has a system call nosuchcall"),
        SYSTEMD(Format.SYSTEMD, """
                [Service]
                SystemCallFilter=read write ptrace:kill
                SystemCallErrorNumber=EACCES
                RestrictAddressFamilies=AF_INET
                """, "EACCES", "EACCESS", "3:23: ", "calls of x32 are refused here"),
        SECCOMPILER(Format.SECCOMPILER, """
                {"main": {"mismatch_action": {"errno": 5}, "match_action": "allow",
                 "filter": [{"syscall": "read"}, {"syscall": "ioctl",
                  "args": [{"index": 1, "type": "dword", "op": "eq", "val": 21523}]}]}}
                """, "\"dword\"", "\"dwrod\"", "3:33: a type is", ""),
        MINIJAIL(Format.MINIJAIL, """
                @include ./more.policy
                @frequency ./often
                read: 1
                ioctl: arg1 == 0x5413
                ptrace: return EIO
                """, "EIO", "EOI", "5:16: unknown error \"EOI\"", ""),
        KAFEL(Format.KAFEL, """
                POLICY small {
                  ALLOW { read, write(fd) { fd == 1 } },
                  ERRNO(13) { ptrace }
                }
                USE small DEFAULT KILL
                """, "ptrace", "ptarce", "3:15: ", "");

        private final Format format;
        private final String text;
        private final String right;
        private final String wrong;
        private final String message;
        private final String remark;

        Sample(Format format, String text, String right, String wrong, String message, String remark) {
            this.format = format;
            this.text = text;
            this.right = right;
            this.wrong = wrong;
            this.message = message;
            this.remark = remark;
        }
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private void others() throws IOException {
        file("more.policy", "write: 1\n");
        file("often", "write: 400000\nread: 100000\n");
    }

    @Test
    void everyFormThatIsReadHasASample() {
        for (Format format : Format.values()) {
            boolean sampled = List.of(Sample.values()).stream().anyMatch(sample -> sample.format == format);
            assertThat(sampled).as(format.word()).isEqualTo(format.reading().isPresent());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFileOfEachFormBecomesAPolicyThatSaysTheSame(Sample sample) throws Exception {
        others();
        Path file = file("sample", sample.text);
        Path written = directory.resolve("policy.toml");
        PolicyTrial trial = PolicyTrial.of("policy", "import", file, "-o", written);
        assertThat(trial.status()).as(trial.err()).isZero();
        assertThat(trial.out()).isEmpty();
        if (sample.remark.isEmpty()) {
            assertThat(trial.err()).isEmpty();
        } else {
            assertThat(trial.err()).startsWith("pledge: ").contains(sample.remark);
            // What is said on the terminal stays in the file.
            assertThat(Files.readString(written)).contains("# " + sample.remark);
        }
        String shown = PolicyTrial.of("policy", "import", file).out();
        assertThat(shown).isEqualTo(Files.readString(written)).startsWith("# From " + file + ".\n");
        assertThat(PolicyTrial.of("policy", "import", "--from", sample.format.word(), file)
                        .out())
                .isEqualTo(shown);
        // The two are compiled alike: no call is answered otherwise.
        FilterTrial difference = FilterTrial.of("filter", "diff", file.toString(), written.toString());
        assertThat(difference.out()).isEmpty();
        assertThat(difference.status()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aMistakeIsOneLineWithItsPlaceAndNothingIsWritten(Sample sample) throws Exception {
        others();
        Path file = file("sample", sample.text.replace(sample.right, sample.wrong));
        Path written = directory.resolve("policy.toml");
        PolicyTrial trial = PolicyTrial.of("policy", "import", "--from", sample.format.word(), file, "-o", written);
        assertThat(trial.status()).isEqualTo(Failure.OURS);
        assertThat(trial.err())
                .startsWith("pledge: " + file + ":" + sample.message)
                .hasLineCount(1);
        assertThat(trial.out()).isEmpty();
        assertThat(written).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void aFileThatIsSaidToBeOfAnotherFormIsRefused(Sample sample) throws Exception {
        others();
        Path file = file("sample", sample.text);
        for (Sample other : Sample.values()) {
            if (other != sample) {
                PolicyTrial trial = PolicyTrial.of("policy", "import", "--from", other.format.word(), file);
                assertThat(trial.status())
                        .as("%s as %s: %s", sample, other, trial.out())
                        .isEqualTo(Failure.OURS);
                assertThat(trial.err()).startsWith("pledge: " + file + ":").hasLineCount(1);
            }
        }
    }

    @Test
    void whatAUnitSaysBesidesCallsIsInThePolicy() throws Exception {
        Path unit = file("unit.service", """
                [Service]
                SystemCallFilter=@system-service
                NoExecPaths=/
                ExecPaths=/usr
                ReadWritePaths=/srv/x
                InaccessiblePaths=/root
                ReadOnlyPaths=/
                LimitNOFILE=100
                PrivateTmp=yes
                """);
        PolicyTrial trial = PolicyTrial.of("policy", "import", unit);
        assertThat(trial.status()).as(trial.err()).isZero();
        assertThat(trial.out())
                .contains("\"/srv/x\" = \"rwc\"", "\"/root\" = \"\"", "open-files = 100", "\nread\n", "[unveil]");
        // What has no effect is named, and stays in the file as a comment.
        assertThat(trial.err()).contains("PrivateTmp");
        assertThat(trial.out()).contains("PrivateTmp");
        // And back: the unit that is written has all of it, so nothing but what is named is lost.
        Path policy = file("unit.toml", trial.out());
        PolicyTrial back = PolicyTrial.of("policy", "export", "--to", "systemd", policy);
        assertThat(back.status()).as(back.err()).isZero();
        assertThat(back.out()).contains("ReadWritePaths=/srv/x", "InaccessiblePaths=/root", "LimitNOFILE=100");
        PolicyTrial profile = PolicyTrial.of("policy", "export", "--to", "oci", policy);
        assertThat(profile.err()).contains("lost: unveil rwc:/srv/x").contains("lost: limit open-files 100");
        assertThat(PolicyTrial.of("policy", "export", "--strict", "--to", "oci", policy)
                        .status())
                .isEqualTo(Failure.OURS);
    }

    @Test
    void frequenciesAreTakenOver() throws Exception {
        others();
        Path file = file("sample", Sample.MINIJAIL.text);
        assertThat(PolicyTrial.of("policy", "import", file).out())
                .contains("[filter.frequencies]\nread = 25000\nwrite = 100000\n");
    }

    @Test
    void filesAreIncludedFromWhereTheFirstOneIs() throws Exception {
        Files.createDirectories(directory.resolve("sub"));
        file("sub/main.policy", "@include ./more.policy\nread: 1\n");
        file("sub/more.policy", "write: 1\n");
        PolicyTrial trial = PolicyTrial.of("policy", "import", directory.resolve("sub/main.policy"));
        assertThat(trial.err()).isEmpty();
        assertThat(trial.out()).contains("write\nread\n");
        assertThat(FilterTrial.of("filter", "run", directory + "/sub/main.policy", "write")
                        .out())
                .isEqualTo("allow\n");
        file("sub/more.policy", "@include ./main.policy\n");
        assertThat(PolicyTrial.of("policy", "import", directory.resolve("sub/main.policy"))
                        .err())
                .contains("a file includes itself");
        Files.delete(directory.resolve("sub/more.policy"));
        assertThat(PolicyTrial.of("policy", "import", directory.resolve("sub/main.policy"))
                        .err())
                .startsWith("pledge: " + directory + "/sub/main.policy:1:10: cannot include more.policy: no such file");
    }

    @Test
    void oneOfSeveralFiltersIsNamedAfterTheFile() throws Exception {
        Path file = file("two.json", """
                {"main": {"mismatch_action": {"errno": 5}, "match_action": "allow", "filter": [{"syscall": "read"}]},
                 "vcpu": {"mismatch_action": {"errno": 5}, "match_action": "allow", "filter": [{"syscall": "write"}]}}
                """);
        assertThat(PolicyTrial.of("policy", "import", file).out()).contains("\nread\n", "\nwrite\n", "[filter.vcpu]");
        assertThat(PolicyTrial.of("policy", "import", file + "#vcpu").out())
                .contains("[filter.vcpu]", "write")
                .doesNotContain("read");
        PolicyTrial wrong = PolicyTrial.of("policy", "import", file + "#vcpus");
        assertThat(wrong.status()).isEqualTo(Failure.OURS);
        assertThat(wrong.err()).isEqualTo("pledge: " + file + ": there is no filter vcpus in it, only: main, vcpu\n");
        assertThat(PolicyTrial.of("policy", "export", "--to", "minijail", file + "#vcpu")
                        .out())
                .contains("\nwrite: allow\n", "\nread: return EIO\n");
        Path named = file("odd#name", Sample.OCI.text);
        assertThat(PolicyTrial.of("policy", "import", named).status()).isZero();
    }

    @Test
    void aPolicyOfOursStaysWhatItIs() throws Exception {
        Path file = file("own.json", """
                {"promises": "stdio rpath", "unveil": {"/etc": "r"}, "filter": {"otherwise": "allow", "rules": ["ptrace -> kill"]}}
                """);
        String toml = PolicyTrial.of("policy", "import", file).out();
        assertThat(toml)
                .contains("promises = \"stdio rpath\"", "\"/etc\" = \"r\"", "ptrace -> kill")
                .doesNotContain("openat");
        PolicyTrial one = PolicyTrial.of("policy", "import", file + "#main");
        assertThat(one.err()).isEqualTo("pledge: what the file has besides the filter main is left out\n");
        assertThat(one.out()).contains("openat").doesNotContain("promises =");
    }

    @Test
    void aProgramBecomesItsRulesAndWhatTheyCannotSayIsNamed() throws Exception {
        Path program = Files.write(
                directory.resolve("open.bpf"), Listing.read("""
                        ld [arch]
                        jne #AUDIT_ARCH_X86_64, bad
                        ld [nr]
                        jeq #101, bad
                        ret allow
                        bad: ret kill
                        """, Arch.X86_64).encode(ByteOrder.LITTLE_ENDIAN));
        PolicyTrial trial = PolicyTrial.of("policy", "import", program);
        assertThat(trial.status()).isZero();
        assertThat(trial.out()).contains("ptrace -> kill", "otherwise = \"allow\"");
        assertThat(trial.err()).contains("(x32) of x86-64 -> allow");
        Path odd = Files.write(
                directory.resolve("odd.bpf"),
                Listing.read("ld [arg0.low]\nmul #3\njeq #6, a\nret allow\na: ret kill", Arch.X86_64)
                        .encode(ByteOrder.LITTLE_ENDIAN));
        PolicyTrial unclear = PolicyTrial.of("policy", "import", odd);
        assertThat(unclear.status()).isEqualTo(Failure.OURS);
        assertThat(unclear.err()).contains("no rules say what the program does: instruction 1: mul");
    }

    @Test
    void rulesAloneBecomeAPolicy() throws Exception {
        Path rules = file("rules", "read\nptrace -> kill\n");
        assertThat(PolicyTrial.of("policy", "import", rules).out()).contains("read\nptrace -> kill\n");
    }

    @Test
    void whatIsNoPolicyIsOneLine() throws Exception {
        byte[] latin = "read\nwrit\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
        Path file = Files.write(directory.resolve("latin"), latin);
        assertThat(PolicyTrial.of("policy", "import", file).err()).startsWith("pledge: " + file + ":2:5: ");
        Path bomb = file("bomb.json", "{\"defaultAction\":" + "[".repeat(10_000_000));
        assertThat(PolicyTrial.of("policy", "import", bomb).err())
                .startsWith("pledge: " + bomb + ":1:")
                .hasLineCount(1);
        Path large = Files.write(directory.resolve("large"), new byte[(16 << 20) + 1]);
        assertThat(PolicyTrial.of("policy", "import", large).err())
                .isEqualTo("pledge: " + large + ": more than 16 MiB, which is too much\n");
        PolicyTrial none = PolicyTrial.of("policy", "import");
        assertThat(none.status()).isEqualTo(Failure.USAGE);
        assertThat(none.err()).startsWith("pledge: policy import needs the file of one policy");
        assertThat(PolicyTrial.of("policy", "import", file, bomb).status()).isEqualTo(Failure.USAGE);
        assertThat(PolicyTrial.of("policy", "import", directory.resolve("bom.json"))
                        .err())
                .isEqualTo("pledge: " + directory + "/bom.json: no such file (did you mean " + bomb + "?)\n");
        assertThat(PolicyTrial.of("policy", "import", "--from", "pfc", file).err())
                .isEqualTo("pledge: option --from: pfc is only written, not read\n");
    }

    @Test
    void theArchitecturesAreThoseThatAreAskedFor() throws IOException, ImportException {
        Path file = file("sample", Sample.OCI.text);
        PolicyTrial trial = PolicyTrial.of("policy", "import", "--arch", "aarch64", "--arch", "s390x", file);
        assertThat(trial.out()).contains("[filter.aarch64]", "[filter.s390x]").doesNotContain("x86-64");
        assertThat(PolicySource.read(trial.out().getBytes(StandardCharsets.UTF_8), ImportSettings.of(Arch.AARCH64))
                        .filter("")
                        .sections())
                .extracting(section -> section.arch().label())
                .contains("aarch64", "s390x");
    }
}
