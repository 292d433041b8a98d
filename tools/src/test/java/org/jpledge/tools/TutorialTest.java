package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Does what docs/tutorial.md says, in its order, and sees what it shows. A fence {@code ```console} has commands after
 * {@code $}, each followed by what it prints; any other fence with a second word is the file of that name.
 */
@Tag("enforcement")
class TutorialTest {
    private static final String DIRECTORY = "/home/ada";

    /**
     * A command of the document.
     *
     * @param line where it is
     * @param text the command
     * @param expected what it prints
     */
    private record Step(int line, String text, List<String> expected) {}

    @ParameterizedTest
    @EnumSource(User.class)
    void everyCommandPrintsWhatTheTutorialShows(User user, @TempDir Path home) throws Exception {
        user.assume();
        // Not below /tmp, where there is a promise of its own.
        Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "tutorial");
        try {
            perform(user, home, directory);
        } finally {
            Shell.run("rm -rf " + directory);
        }
    }

    private static void perform(User user, Path home, Path directory) throws Exception {
        Path shared = Installation.shared();
        Path bin = Files.createDirectory(User.SELF.own(home).resolve("bin-of-tutorial"));
        Files.createSymbolicLink(bin.resolve("pledge"), shared.resolve("pledge"));
        Map<String, String> environment = new HashMap<>(Installation.environment(shared, directory));
        environment.put("PATH", bin + ":" + System.getProperty("java.home") + "/bin:/usr/bin:/bin");
        environment.put("TZ", "UTC");
        user.own(directory);
        Path real = directory.toRealPath();
        Files.copy(shared.resolve("core/target/jpledge-0.jar"), directory.resolve("jpledge.jar"));

        int steps = 0;
        for (Object part : parts(Files.readAllLines(Path.of("..", "docs", "tutorial.md")))) {
            if (part instanceof Step step) {
                // Both streams in one, as on a terminal.
                Shell.Result result = user.run("{ " + step.text() + "\n} 2>&1", environment, directory);
                assertThat(normal(result.out().lines().toList(), real))
                        .as("docs/tutorial.md, line %d: %s", step.line(), step.text())
                        .isEqualTo(normal(step.expected(), real));
                steps++;
            } else if (part instanceof Map.Entry<?, ?> file) {
                Path path = directory.resolve(String.valueOf(file.getKey()));
                Files.writeString(path, String.valueOf(file.getValue()));
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                if (user == User.NOBODY) {
                    Files.setAttribute(path, "unix:uid", 65534);
                }
            }
        }
        assertThat(steps).isGreaterThan(8);
    }

    /** Without what differs from run to run: numbers of processes, and the name of the directory. */
    private static List<String> normal(List<String> lines, Path directory) {
        List<String> normal = new ArrayList<>();
        for (String line : lines) {
            normal.add(line.replace(directory.toString(), DIRECTORY)
                    .replaceAll("\\[[0-9]+\\]", "[N]")
                    .stripTrailing());
        }
        return normal;
    }

    /** Steps, and files with their text. */
    private static List<Object> parts(List<String> lines) {
        List<Object> parts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith("```")) {
                continue;
            }
            String[] kind = lines.get(i).substring(3).split(" ", -1);
            List<String> block = new ArrayList<>();
            int start = i + 1;
            for (i++; !lines.get(i).startsWith("```"); i++) {
                block.add(lines.get(i));
            }
            if (kind.length == 2) {
                parts.add(Map.entry(kind[1], String.join("\n", block) + "\n"));
            } else if (kind[0].equals("console")) {
                steps(block, start, parts);
            }
        }
        return parts;
    }

    private static void steps(List<String> block, int start, List<Object> parts) {
        List<String> expected = List.of();
        for (int i = 0; i < block.size(); i++) {
            String line = block.get(i);
            if (line.startsWith("$ ")) {
                StringBuilder text = new StringBuilder(line.substring(2));
                int at = i;
                while (text.toString().endsWith("\\")) {
                    i++;
                    text.append('\n').append(block.get(i));
                }
                expected = new ArrayList<>();
                parts.add(new Step(start + at + 1, text.toString(), expected));
            } else {
                expected.add(line);
            }
        }
    }
}
