package org.jpledge.tools;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs programs with {@code --report}, without the shell front, and reads what was reported. */
final class Reported {
    private final Path directory;
    private final String java;
    private final User user;

    /**
     * What became of a run.
     *
     * @param result its status and output
     * @param events the objects that were written for {@code --json}
     */
    record Run(Shell.Result result, List<JsonObject> events) {
        /** Refusals, killed ones among them. */
        List<JsonObject> refusals() {
            return events.stream()
                    .filter(event -> !event.get("event").getAsString().equals("count"))
                    .toList();
        }
    }

    Reported(Path directory, Path home, User user) {
        this.directory = directory;
        this.user = user;
        this.java = java(home, "SharedArchiveFile");
    }

    private static String java(Path home, String archive) {
        return System.getProperty("java.home")
                + "/bin/java -Xlog:disable -XX:" + archive + "=" + home
                + "/loaded.jsa -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp "
                + home + "/core/target/jpledge-0.jar:" + home
                + "/tools/target/jpledge-tools-0.jar org.jpledge.tools.Main ";
    }

    /** A directory of the user's own. */
    Path place() {
        return directory;
    }

    /** Runs a script in which PLEDGE is the command without {@code --report}. */
    Shell.Result script(String script) throws Exception {
        return user.run(script.replace("PLEDGE", java), Map.of(), directory);
    }

    /** Runs a command line with {@code --report --json}; the reports go to a descriptor of their own. */
    Run run(String words) throws Exception {
        Path file = Files.createTempFile(directory, "reports", "");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        Shell.Result result = script("exec 7>" + file + "; exec PLEDGE --report --report-fd 7 --json " + words);
        List<JsonObject> events = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            events.add(JsonParser.parseString(line).getAsJsonObject());
        }
        Files.delete(file);
        return new Run(result, events);
    }

    /** The strings of an array somewhere in an object. */
    static List<String> strings(JsonObject object, String... names) {
        JsonElement at = object;
        for (String name : names) {
            at = at.getAsJsonObject().get(name);
        }
        List<String> strings = new ArrayList<>();
        for (JsonElement element : (JsonArray) at) {
            strings.add(element.isJsonObject() ? element.toString() : element.getAsString());
        }
        return strings;
    }

    /** The words that a refusal says are missing. */
    static List<String> words(JsonObject refusal) {
        return strings(refusal, "needs", "promises");
    }

    /** An installation, and an archive of the classes that a run loads: the JVM starts some hundred times, each a third faster. */
    static Path installed(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path home = Installation.make(directory.resolve("home"));
        try {
            Shell.run(java(home, "ArchiveClassesAtExit") + "--report -p stdio -- true");
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return home;
    }
}
