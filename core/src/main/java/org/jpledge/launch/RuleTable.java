package org.jpledge.launch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.Encoding;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Right;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;

/**
 * Both rulesets of a confinement as a launcher carries them: their rules as one table, in which a path that both have
 * stands once, and is opened once.
 *
 * <p>A path is stored as the number of bytes that it begins with like the one before it, and the rest. What goes with it
 * is the number of its kind; rules are many and kinds are few.
 */
final class RuleTable {
    /** Of an entry of {@link #paths()}: the number of the kind from 1 up, and how much of the path before stays. */
    static final int PREFIX = 2;

    static final int SUFFIX = 3;

    /** The kind of the entry that ends the table. */
    static final int END = 0;

    /** Of a kind: the rights in either ruleset, the flags to open with, the resolve flags, and what is expected. */
    static final int LOADER_RIGHTS = 0;

    static final int EXACT_RIGHTS = 4;
    static final int OPEN = 8;
    static final int RESOLVE = 12;
    static final int REQUIRED = 13;
    static final int DIRECTORY = 14;

    /** A kind has 16 bytes. */
    static final int KIND_SHIFT = 4;

    /** Of an entry of {@link #ports()}: the rights in either ruleset, and the port. */
    static final int LOADER_PORT = 0;

    static final int EXACT_PORT = 1;
    static final int PORT = 2;
    static final int PORT_ENTRY = 4;

    private static final int MOST_SHARED = 255;
    private static final int MOST_KINDS = 0xffff;
    private static final int RESOLVE_NO_SYMLINKS = 4;
    private static final int O_PATH = 0x200000;
    private static final int O_CLOEXEC = 0x80000;

    /** What rules on one path have in common. */
    private record Place(FilePath path, boolean directory, PathRule.Presence presence) {}

    /** What many rules have in common: all but the path. */
    private record Kind(long loader, long exact, boolean directory, PathRule.Presence presence) {}

    /** The rights in both rulesets. */
    private static final class Grants {
        long loader;
        long exact;
    }

    private final Optional<Ruleset> loader;
    private final Optional<Ruleset> exact;
    private final Abi needed;
    private final int directoryFlag;
    private final byte[] kinds;
    private final byte[] paths;
    private final byte[] ports;
    private final int portCount;

    /**
     * Lays out the table.
     *
     * @param directoryFlag O_DIRECTORY, on which processors differ
     */
    RuleTable(Confinement confinement, int directoryFlag) {
        this.loader = confinement.loaderRuleset().filter(ruleset -> !ruleset.isNothing());
        this.exact = confinement.exactRuleset().filter(ruleset -> !ruleset.isNothing());
        this.directoryFlag = directoryFlag;
        this.needed = needed();
        ByteArrayOutputStream kindBytes = new ByteArrayOutputStream();
        this.paths = layPaths(placed(), kindBytes);
        this.kinds = kindBytes.toByteArray();
        Map<Integer, Grants> portGrants = new TreeMap<>();
        for (PortRule rule : loader.map(Ruleset::ports).orElse(List.of())) {
            portGrants.computeIfAbsent(rule.port(), _ -> new Grants()).loader |=
                    rule.allowed().bits();
        }
        for (PortRule rule : exact.map(Ruleset::ports).orElse(List.of())) {
            portGrants.computeIfAbsent(rule.port(), _ -> new Grants()).exact |=
                    rule.allowed().bits();
        }
        this.portCount = portGrants.size();
        this.ports = layPorts(portGrants);
    }

    private Abi needed() {
        Abi needed = Abi.V1;
        for (Ruleset ruleset : both()) {
            List<Right> rights = new ArrayList<>();
            rights.addAll(ruleset.handledFs().list(FsRight.values()));
            rights.addAll(ruleset.handledNet().list(NetRight.values()));
            rights.addAll(ruleset.scoped().list(Scope.values()));
            for (Right right : rights) {
                needed = needed.has(right.since()) ? needed : right.since();
            }
        }
        return needed;
    }

    private List<Ruleset> both() {
        List<Ruleset> both = new ArrayList<>();
        loader.ifPresent(both::add);
        exact.ifPresent(both::add);
        return both;
    }

    /** The rules on paths, those with a like beginning side by side. */
    private Map<Place, Grants> placed() {
        Map<Place, Grants> placed = new TreeMap<>(Comparator.comparing(Place::path)
                .thenComparing(Place::directory)
                .thenComparing(Place::presence));
        for (PathRule rule : loader.map(Ruleset::paths).orElse(List.of())) {
            placed.computeIfAbsent(place(rule), _ -> new Grants()).loader |=
                    rule.allowed().bits();
        }
        for (PathRule rule : exact.map(Ruleset::paths).orElse(List.of())) {
            placed.computeIfAbsent(place(rule), _ -> new Grants()).exact |=
                    rule.allowed().bits();
        }
        return placed;
    }

    private static Place place(PathRule rule) {
        return new Place(rule.path(), rule.directory(), rule.presence());
    }

    private byte[] layPaths(Map<Place, Grants> placed, ByteArrayOutputStream kindBytes) {
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        Map<Kind, Integer> numbers = new HashMap<>();
        byte[] before = new byte[0];
        for (Map.Entry<Place, Grants> entry : placed.entrySet()) {
            Place place = entry.getKey();
            Kind kind = new Kind(entry.getValue().loader, entry.getValue().exact, place.directory(), place.presence());
            Integer number = numbers.get(kind);
            if (number == null) {
                number = numbers.size() + 1;
                numbers.put(kind, number);
                kindBytes.writeBytes(encode(kind));
            }
            byte[] path = place.path().bytes();
            int shared = shared(before, path);
            table.write(number & 0xff);
            table.write(number >> 8);
            table.write(shared);
            table.write(path, shared, path.length - shared);
            table.write(0);
            before = path;
        }
        if (numbers.size() > MOST_KINDS) {
            throw new IllegalArgumentException(numbers.size() + " kinds of rules: at most " + MOST_KINDS);
        }
        table.write(END);
        table.write(END);
        return table.toByteArray();
    }

    private byte[] encode(Kind kind) {
        boolean follows = kind.presence == PathRule.Presence.SYSTEM;
        byte[] bytes = new byte[1 << KIND_SHIFT];
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(LOADER_RIGHTS, Math.toIntExact(kind.loader))
                .putInt(EXACT_RIGHTS, Math.toIntExact(kind.exact))
                .putInt(OPEN, O_PATH | O_CLOEXEC | (kind.directory ? directoryFlag : 0))
                .put(RESOLVE, (byte) (follows ? 0 : RESOLVE_NO_SYMLINKS))
                .put(REQUIRED, (byte) (kind.presence == PathRule.Presence.REQUIRED ? 1 : 0))
                .put(DIRECTORY, (byte) (kind.directory ? 1 : 0));
        return bytes;
    }

    private static int shared(byte[] before, byte[] path) {
        int most = Math.min(MOST_SHARED, Math.min(before.length, path.length));
        int shared = 0;
        while (shared < most && before[shared] == path[shared]) {
            shared++;
        }
        return shared;
    }

    private static byte[] layPorts(Map<Integer, Grants> grants) {
        ByteBuffer table = ByteBuffer.allocate(grants.size() * PORT_ENTRY).order(ByteOrder.LITTLE_ENDIAN);
        for (Map.Entry<Integer, Grants> entry : grants.entrySet()) {
            table.put((byte) entry.getValue().loader);
            table.put((byte) entry.getValue().exact);
            table.putShort((short) (int) entry.getKey());
        }
        return table.array();
    }

    /** Whether there is no ruleset. */
    boolean isNothing() {
        return both().isEmpty();
    }

    boolean hasLoader() {
        return loader.isPresent();
    }

    boolean hasExact() {
        return exact.isPresent();
    }

    /** The oldest version of Landlock that knows all that is refused. */
    Abi abi() {
        return needed;
    }

    /** {@code struct landlock_ruleset_attr} of the loader's ruleset, as long as {@link #abi()} has it. */
    Optional<byte[]> loaderAttr() {
        return loader.map(this::attr);
    }

    /** {@code struct landlock_ruleset_attr} of the exact ruleset, as long as {@link #abi()} has it. */
    Optional<byte[]> exactAttr() {
        return exact.map(this::attr);
    }

    private byte[] attr(Ruleset ruleset) {
        return Encoding.rulesetAttr(new Degraded(needed, ruleset, List.of()), ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether there is a rule on a path. */
    boolean hasPaths() {
        return kinds.length > 0;
    }

    byte[] paths() {
        return paths.clone();
    }

    byte[] kinds() {
        return kinds.clone();
    }

    byte[] ports() {
        return ports.clone();
    }

    int portCount() {
        return portCount;
    }
}
