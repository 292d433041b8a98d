package org.jpledge.tools.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jpledge.promise.PromiseException;
import org.jpledge.promise.Promises;
import org.jpledge.syscall.Nearest;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.UnveilException;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/** Reads policies from TOML. */
public final class TomlPolicy {
    private static final int MOST_PORT = 65_535;
    private static final Set<String> KEYS =
            Set.of("promises", "command", "connect", "bind", "ignore-missing", "unveil");

    private final TomlTable table;
    private final Variables variables;

    private TomlPolicy(TomlTable table, Variables variables) {
        this.table = table;
        this.variables = variables;
    }

    /**
     * Reads a policy.
     *
     * @param text TOML
     * @param variables what names in its paths stand for
     * @return the policy
     * @throws PolicyException if it is none, in one line that names the place
     */
    public static PolicyDocument read(String text, Variables variables) throws PolicyException {
        TomlParseResult result = Toml.parse(text);
        if (result.hasErrors()) {
            TomlParseError error = result.errors().getFirst();
            throw new PolicyException("line " + error.position().line() + ": " + error.getMessage());
        }
        return new TomlPolicy(result, variables).policy();
    }

    private PolicyDocument policy() throws PolicyException {
        for (String key : table.keySet()) {
            if (!KEYS.contains(key)) {
                throw new PolicyException("unknown key \"" + key + "\""
                        + Nearest.nearest(key, KEYS)
                                .map(near -> " (did you mean " + near + "?)")
                                .orElse(""));
            }
        }
        if (!table.isString("promises")) {
            throw new PolicyException("no promises: a policy has promises = \"WORD...\"");
        }
        Promises promises;
        try {
            promises = Promises.parse(table.getString("promises", () -> ""));
        } catch (PromiseException e) {
            throw new PolicyException("promises: " + e.getMessage());
        }
        Optional<PortList> ports = table.contains("connect") || table.contains("bind")
                ? Optional.of(new PortList(ports("connect"), ports("bind")))
                : Optional.empty();
        return PolicyDocument.EMPTY
                .promising(promises)
                .unveiling(unveil())
                .using(ports)
                .ignoringMissing(isMissingIgnored())
                .running(command());
    }

    private boolean isMissingIgnored() throws PolicyException {
        if (table.contains("ignore-missing") && !table.isBoolean("ignore-missing")) {
            throw new PolicyException("ignore-missing is true or false");
        }
        return table.getBoolean("ignore-missing", () -> false);
    }

    private SortedMap<String, Permissions> unveil() throws PolicyException {
        SortedMap<String, Permissions> unveil = new TreeMap<>();
        if (!table.contains("unveil")) {
            return unveil;
        }
        if (!table.isTable("unveil")) {
            throw new PolicyException("unveil is a table: [unveil], then \"PATH\" = \"PERMS\"");
        }
        for (var entry : table.getTableOrEmpty("unveil").entrySet()) {
            if (!(entry.getValue() instanceof String letters)) {
                throw new PolicyException("unveil \"" + entry.getKey() + "\": its value is letters of rwxc in quotes");
            }
            try {
                unveil.put(variables.path(Words.ofText(entry.getKey())), Permissions.parse(letters));
            } catch (UnveilException e) {
                throw new PolicyException("unveil \"" + entry.getKey() + "\": " + e.getMessage());
            }
        }
        return unveil;
    }

    private List<String> command() throws PolicyException {
        List<String> words = new ArrayList<>();
        for (Object word : array("command")) {
            if (!(word instanceof String text)) {
                throw new PolicyException("command is a list of words in quotes");
            }
            words.add(Words.ofText(text));
        }
        return words;
    }

    private SortedSet<Integer> ports(String key) throws PolicyException {
        SortedSet<Integer> ports = new TreeSet<>();
        for (Object value : array(key)) {
            if (!(value instanceof Long port) || port < 0 || port > MOST_PORT) {
                throw new PolicyException(key + " is a list of ports: " + value + " is none");
            }
            ports.add(port.intValue());
        }
        return ports;
    }

    private List<Object> array(String key) throws PolicyException {
        if (!table.contains(key)) {
            return List.of();
        }
        if (!table.isArray(key)) {
            throw new PolicyException(key + " is a list in brackets");
        }
        TomlArray array = table.getArrayOrEmpty(key);
        return array.toList();
    }
}
