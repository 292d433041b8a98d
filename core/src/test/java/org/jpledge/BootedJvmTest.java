package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jpledge.GuestChecks.Outcome;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * JVMs that restrict themselves on other kernels than this machine's, and on another processor, in an emulator;
 * src/test/qemu/README.md has more.
 */
@Tag("enforcement")
@Timeout(600)
class BootedJvmTest {
    private static final Path QEMU = Path.of("src/test/qemu").toAbsolutePath();
    private static final Path JVMS = Path.of("/usr/lib/jvm");
    private static final List<String> LIBRARIES =
            List.of("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1");
    private static final String DENIED = "AccessDeniedException (/etc/passwd)\n";

    private Path directory = Path.of("");

    @BeforeEach
    void make() throws IOException {
        directory = NativeProgram.directory();
    }

    @AfterEach
    void delete() throws IOException {
        NativeProgram.remove(directory);
    }

    /** Landlock ABI 10: the kernel restricts all threads. */
    @TestFactory
    Stream<DynamicTest> debianUnstableOnX8664() throws IOException {
        return booted("sid-amd64", "KERNEL");
    }

    /** No Landlock. */
    @TestFactory
    Stream<DynamicTest> debian11OnX8664() throws IOException {
        return booted("bullseye-amd64", "NONE");
    }

    /** Landlock ABI 6: each thread restricts itself in the handler of a signal. */
    @TestFactory
    Stream<DynamicTest> debian13OnAarch64() throws IOException {
        return booted("trixie-arm64", "SIGNAL");
    }

    private Stream<DynamicTest> booted(String kernel, String mechanism) throws IOException {
        assumeTrue(
                System.getenv("JPLEDGE_TEST_EMULATED_JVM") != null,
                "a JVM in an emulator takes minutes; set JPLEDGE_TEST_EMULATED_JVM to run it");
        Run there = Run.of(QEMU.resolve("boot").toString(), kernel);
        assumeTrue(there.status() == 0, there.err());
        boolean x86 = kernel.endsWith("-amd64");
        Arch arch = x86 ? Arch.X86_64 : Arch.AARCH64;
        String compiler = arch == Arch.host() ? "gcc" : x86 ? "x86_64-linux-gnu-gcc" : "aarch64-linux-gnu-gcc";
        GuestChecks checks = new GuestChecks(directory, arch, compiler, Path.of("/none"));
        Cpio files = new Cpio()
                .copy(Path.of("/init"), checks.compile("guest", "../qemu/guest.c", "-static"))
                .file(Path.of("/etc/passwd"), "root:x:0:0::/:/bin/true\n".getBytes(StandardCharsets.US_ASCII));
        Path java = x86 ? ownJdk(files, checks) : debiansJdk(files);
        checks(checks, java, mechanism);
        files.copy(Path.of("/checks"), checks.script());
        for (String jar : ForkedJvm.jars()) {
            files.copy(Path.of(jar), Path.of(jar));
        }
        Path archive = Files.write(directory.resolve("initramfs"), files.archive());
        ProcessBuilder boot = new ProcessBuilder(QEMU.resolve("boot").toString(), kernel, archive.toString())
                .redirectErrorStream(true);
        boot.environment().putAll(Map.of("JPLEDGE_TEST_MEMORY", "1536", "JPLEDGE_TEST_SECONDS", "540"));
        return BootedKernelTest.tests(checks, () -> GuestChecks.outcomes(BootedKernelTest.run(boot)));
    }

    /** What this JDK is made of, as far as it is needed there. */
    private Path ownJdk(Cpio files, GuestChecks checks) throws IOException {
        assumeTrue(Arch.host() == Arch.X86_64, "this JDK is not one for x86-64");
        Path image = directory.resolve("image");
        Run linked = Run.of(
                Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
                "--add-modules",
                "java.base,java.logging,jdk.net,jdk.management,jdk.jfr",
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                image.toString());
        assumeTrue(linked.status() == 0, linked.toString());
        for (String library : LIBRARIES) {
            files.copy(Path.of("/lib/x86_64-linux-gnu", library), checks.library(library));
        }
        files.copy(Path.of("/lib64/ld-linux-x86-64.so.2"), checks.library("ld-linux-x86-64.so.2"));
        files.tree(JVMS.resolve("jdk"), image);
        return JVMS.resolve("jdk/bin/java");
    }

    private static Path debiansJdk(Cpio files) throws IOException {
        String kernels = System.getenv("JPLEDGE_TEST_KERNELS");
        Path root = kernels == null
                ? Path.of(System.getProperty("user.home"), ".cache/jpledge-test/jdk-arm64")
                : Path.of(kernels).resolveSibling("jdk-arm64");
        assumeTrue(Files.isDirectory(root), root + " is not there; core/src/test/qemu/get-jdk gets it");
        files.tree(Path.of("/"), root);
        return JVMS.resolve("java-25-openjdk-arm64/bin/java");
    }

    private static void checks(GuestChecks checks, Path java, String mechanism) {
        boolean landlock = !mechanism.equals("NONE");
        check(checks, java, "mechanism", says(mechanism + '\n'), Entered.class, "mechanism");
        check(
                checks,
                java,
                "narrow",
                says("\"stdio inet\": done\n\"stdio\": done\nthread: done\n"),
                Entered.class,
                "narrow",
                "stdio inet",
                "stdio");
        if (landlock) {
            check(
                    checks,
                    java,
                    "threads",
                    says("old: " + DENIED + "pool: " + DENIED + "common pool: " + DENIED + "new: " + DENIED
                            + "virtual: " + DENIED),
                    Entered.class,
                    "threads");
            check(
                    checks,
                    java,
                    "stress",
                    says("0 escapes\ntrue\n"),
                    AllThreadsTest.Programs.class,
                    "stress",
                    "/tmp/stress",
                    "4");
        }
        check(
                checks,
                java,
                "report",
                outcome -> assertThat(outcome.run().err())
                        .as(outcome.toString())
                        .contains("socket needs inet", "bpf is not allowed by any promise"),
                Entered.class,
                "report",
                "stdio");
        check(
                checks,
                java,
                "kill",
                outcome -> {
                    assertThat(outcome.run().err()).as(outcome.toString()).contains("]: socket needs ");
                    assertThat(outcome.run().status()).isEqualTo(159);
                },
                Entered.class,
                "kill");
    }

    private static Consumer<Outcome> says(String out) {
        return outcome -> {
            assertThat(outcome.run().out()).as(outcome.toString()).isEqualTo(out);
            assertThat(outcome.run().status()).isZero();
        };
    }

    private static void check(
            GuestChecks checks, Path java, String name, Consumer<Outcome> expected, Class<?> main, String... words) {
        List<String> arguments = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                // What is looked at must not lie beneath the working directory.
                "-Duser.dir=/usr",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(":", ForkedJvm.jars()),
                main.getName()));
        arguments.addAll(List.of(words));
        checks.check(name, List.of("seconds 240"), expected, java, arguments.toArray(new String[0]));
    }
}
