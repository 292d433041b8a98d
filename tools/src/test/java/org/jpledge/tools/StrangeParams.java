package org.jpledge.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Parameters that nobody would write, for methods that are about a program; with apostrophes for quotes. */
final class StrangeParams {
    private static final List<String> WORDS = List.of(
            "true",
            "stdio",
            "stdio rpath",
            "-p",
            "--",
            "-v",
            "r:/etc",
            "/nowhere",
            ":",
            "x:",
            "--kill",
            "--print",
            "",
            "-",
            "--fd",
            "99",
            "\u00e9",
            "\\u0001",
            "\\ud800",
            "\\u0000",
            "\\n",
            "a\\nb",
            "--report",
            "--chdir",
            "../..",
            "--user",
            "nobody",
            "--env",
            "=",
            "A=B",
            "--policy",
            "{",
            "[promises]",
            "-h",
            "--version",
            "--via-socket",
            "--socket",
            "/dev/full",
            "--strict",
            "--on-violation",
            "errno:EXXX",
            "trap",
            "/etc/passwd",
            "nonesuch");

    private static final List<String> NUMBERS =
            List.of("0", "1", "2", "99", "70000", "2147483648", "-1", "1.5", "1e30");

    private static final List<String> NAMES = List.of(
            "words",
            "promises",
            "unveil",
            "connect",
            "bind",
            "policy",
            "options",
            "command",
            "directory",
            "environment",
            "input",
            "descriptors",
            "x");

    private static final List<String> OPTIONS = List.of(
            "kill",
            "print",
            "json",
            "fd",
            "report-fd",
            "user",
            "chdir",
            "env",
            "strict",
            "on-violation",
            "via-socket",
            "help");

    private StrangeParams() {}

    /** Some of them. Each parameter is what it should be more often than not, but for what is in it. */
    static String with(Random random) {
        List<String> members = new ArrayList<>();
        for (String name : NAMES) {
            if (random.nextInt(3) == 0) {
                members.add("'" + name + "':" + (random.nextInt(8) == 0 ? any(random, 0) : fitting(name, random)));
            }
        }
        return "{" + String.join(",", members) + "}";
    }

    private static String fitting(String name, Random random) {
        return switch (name) {
            case "connect", "bind", "descriptors" -> "[" + any(random, NUMBERS) + "]";
            case "policy", "directory", "input" -> text(random, WORDS);
            case "options" -> "{" + text(random, OPTIONS) + ":" + any(random, 2) + "}";
            case "unveil", "environment" ->
                random.nextBoolean()
                        ? "[" + text(random, WORDS) + "]"
                        : "{" + text(random, WORDS) + ":" + text(random, WORDS) + "}";
            default -> "[" + text(random, WORDS) + "," + text(random, WORDS) + "]";
        };
    }

    private static String any(Random random, int depth) {
        return switch (random.nextInt(depth < 3 ? 6 : 4)) {
            case 0 -> any(random, NUMBERS);
            case 1 -> any(random, List.of("true", "false", "null"));
            case 2, 3 -> text(random, WORDS);
            case 4 -> "[" + any(random, depth + 1) + "," + any(random, depth + 1) + "]";
            default -> "{" + text(random, WORDS) + ":" + any(random, depth + 1) + "}";
        };
    }

    private static String text(Random random, List<String> texts) {
        return "'" + any(random, texts) + "'";
    }

    private static String any(Random random, List<String> texts) {
        return texts.get(random.nextInt(texts.size()));
    }
}
