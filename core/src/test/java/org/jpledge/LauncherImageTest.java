package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.launch.Executable;
import org.jpledge.launch.LaunchPlan;
import org.jpledge.launch.Launcher;
import org.jpledge.launch.LauncherClient;
import org.jpledge.launch.Step;
import org.jpledge.machine.Disassembler;
import org.jpledge.promise.Demand;
import org.jpledge.promise.Enforcement;
import org.jpledge.promise.Policy;
import org.jpledge.promise.Promises;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Launchers as files: what other tools read in them. */
class LauncherImageTest {
    private static final int ENTRY = 24;
    private static final int PROGRAM_HEADERS = 64;
    private static final int PROGRAM_HEADER = 56;

    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);

    /** Where a constant's address is taken. */
    private static final Pattern ADDRESS = Pattern.compile("(?:adr x\\d+, |lea r\\w+,\\[)(\\d+)\\]?");

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void allOfTheCodeIsInstructions(Arch arch) throws IOException {
        Disassembler disassembler = arch == Arch.X86_64 ? Disassembler.x8664() : Disassembler.aarch64();
        List<byte[]> images = new ArrayList<>();
        plans(arch).forEach(plan -> images.add(Launcher.of(plan)));
        images.add(LauncherClient.of(arch));
        for (byte[] image : images) {
            byte[] code = code(image);
            List<Disassembler.Instruction> instructions = disassembler.read(code);
            int constants = firstConstant(instructions, code.length);
            int read = 0;
            for (Disassembler.Instruction instruction : instructions) {
                if (instruction.offset() >= constants) {
                    break;
                }
                assertThat(instruction.text())
                        .as("at %x", instruction.offset())
                        .doesNotContain("(bad)", "undefined", "udf", ".inst", ".byte", ".word");
                read++;
            }
            // A sweep that ended early would have found nothing wrong.
            assertThat(read).isGreaterThan(400);
            // The constants follow at once, and begin with the text of an error or of a path.
            assertThat(new String(code, constants, code.length - constants, StandardCharsets.US_ASCII))
                    .contains("pledge: ", "EPERM");
        }
    }

    /** The constants are behind the code, and nothing but constants has its address taken. */
    private static int firstConstant(List<Disassembler.Instruction> instructions, int length) {
        int first = length;
        for (Disassembler.Instruction instruction : instructions) {
            Matcher address = ADDRESS.matcher(instruction.text());
            if (instruction.offset() < first && address.matches()) {
                first = Math.min(first, Integer.parseInt(address.group(1)));
            }
        }
        return first;
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void readelfFindsAStaticProgramWithoutWritableCode(Arch arch) throws IOException {
        assumeTrue(NativeProgram.isInstalled("readelf"), "readelf is not installed (Debian: binutils)");
        Path directory = NativeProgram.directory();
        Path file = Run.executable(directory, "launcher", Launcher.of(plan(arch)));
        try {
            Run run = Run.of(
                    "readelf", "--wide", "--file-header", "--program-headers", "--section-headers", file.toString());
            assertThat(run.status()).isZero();
            assertThat(run.err()).isEmpty();
            assertThat(run.out())
                    .contains(
                            "EXEC (Executable file)",
                            arch == Arch.X86_64 ? "Advanced Micro Devices X86-64" : "AArch64",
                            "There are no sections")
                    .doesNotContain("INTERP", "DYNAMIC", "RWE", "arning");
            assertThat(run.out().lines().filter(line -> line.contains(" LOAD ")))
                    .satisfiesExactly(
                            line -> assertThat(line).contains(" R E "),
                            line -> assertThat(line).contains(" RW "));
            assertThat(run.out().lines().filter(line -> line.contains("GNU_STACK")))
                    .singleElement()
                    .asString()
                    .contains(" RW ");
        } finally {
            Files.delete(file);
            Files.delete(directory);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void theSamePlanGivesTheSameBytes(Arch arch) {
        for (int i = 0; i < plans(arch).size(); i++) {
            assertThat(Launcher.of(plans(arch).get(i)))
                    .isEqualTo(Launcher.of(plans(arch).get(i)));
        }
        assertThat(LauncherClient.of(arch)).isEqualTo(LauncherClient.of(arch)).hasSizeLessThan(5000);
    }

    private static LaunchPlan plan(Arch arch) {
        return plan(arch, Policy.of(Promises.parse("stdio rpath")));
    }

    /** With everything that a plan can have, and with as little as possible. */
    private static List<LaunchPlan> plans(Arch arch) {
        List<byte[]> changes = List.of(bytes("A=b"), bytes("PATH"));
        Policy large = Policy.of(Promises.parse("stdio rpath wpath cpath inet unix dns proc exec"))
                .onViolation(new Action.KillProcess())
                .keeping(5)
                .keeping(9)
                .preparing(new Step.Limit(4, 1 << 20))
                .preparing(new Step.Directory(bytes("/")))
                .preparing(new Step.Identity(65534, 65534))
                .preparing(new Step.Environment(true, changes))
                .preparing(new Step.Environment(false, changes));
        return List.of(
                plan(arch),
                plan(arch, large),
                plan(arch, large.demanding(Demand.EVERYTHING)),
                plan(arch, Policy.of(Promises.parse("")).demanding(Demand.EVERYTHING)),
                plan(arch, Policy.of(Promises.parse("stdio")), unveiled(3)),
                plan(arch, large, unveiled(300)),
                plan(arch, large, GuestChecks.enforcement(Abi.V3, unveiled(2).loader(), Optional.empty())));
    }

    private static LaunchPlan plan(Arch arch, Policy policy) {
        return plan(arch, policy, Enforcement.NONE);
    }

    private static LaunchPlan plan(Arch arch, Policy policy, Enforcement enforcement) {
        Path program = Path.of("/bin/ls");
        Optional<Path> linker = Optional.of(Path.of("/lib/ld.so.1"));
        return policy.plan(
                new Executable(program, List.of(program), List.of(), linker, Optional.empty(), List.of()),
                arch,
                List.of(bytes("ls")),
                enforcement);
    }

    /** Both rulesets with so many unveils, of which the loader's has two more. */
    private static Enforcement unveiled(int count) {
        List<PathRule> exact = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            exact.add(new PathRule(FilePath.of("/srv/data/" + i), true, READ, PathRule.Presence.REQUIRED));
        }
        List<PathRule> loader = new ArrayList<>(exact);
        loader.add(new PathRule(FilePath.of("/usr/lib"), true, READ, PathRule.Presence.SYSTEM));
        loader.add(new PathRule(FilePath.of("/etc/ld.so.cache"), false, READ_FILE, PathRule.Presence.SYSTEM));
        List<PortRule> ports = List.of(new PortRule(443, Rights.of(NetRight.CONNECT_TCP)));
        return GuestChecks.enforcement(
                Abi.LATEST,
                Optional.of(Ruleset.ofPaths(loader)),
                Optional.of(Ruleset.ofPaths(exact).withPorts(ports)));
    }

    @ParameterizedTest
    @EnumSource(
            value = Arch.class,
            names = {"X86_64", "AARCH64"})
    void aRuleCostsFewBytes(Arch arch) {
        Policy policy = Policy.of(Promises.parse("stdio rpath"));
        int without = Launcher.of(plan(arch, policy)).length;
        int one = Launcher.of(plan(arch, policy, unveiled(1))).length;
        int hundred = Launcher.of(plan(arch, policy, unveiled(100))).length;
        assertThat(one - without).isLessThan(1800);
        // The number of its kind, what it shares with the path before, one or two digits, and a NUL.
        assertThat(hundred - one).isLessThan(100 * 6);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The executable segment, which is entered at its first byte. */
    private static byte[] code(byte[] image) {
        ByteBuffer elf = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> executable = new ArrayList<>();
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = PROGRAM_HEADERS + i * PROGRAM_HEADER;
            if (elf.getInt(header) == 1 && (elf.getInt(header + 4) & 1) != 0) {
                int offset = (int) elf.getLong(header + 8);
                int size = (int) elf.getLong(header + 32);
                assertThat(elf.getLong(header + 16)).isEqualTo(elf.getLong(ENTRY));
                executable.add(Arrays.copyOfRange(image, offset, offset + size));
            }
        }
        assertThat(executable).hasSize(1);
        return executable.getFirst();
    }
}
