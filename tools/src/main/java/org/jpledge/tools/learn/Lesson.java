package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.NetRight;
import org.jpledge.tools.need.Access;
import org.jpledge.tools.need.PortUse;
import org.jpledge.tools.need.Way;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.tools.text.RawPath;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;

/**
 * From evidence to the least that allows it.
 *
 * <p>A name that the program made is not there before its next run, so what was done to it has to be allowed in the directory
 * that it is made in.
 */
public final class Lesson {
    /** Promises that reach files by path: without any unveil they reach all. */
    private static final String TMPPATH = "tmppath";

    private final Evidence evidence;
    private final Places places;
    private final Set<String> made = new HashSet<>();
    private final Set<String> opened = new HashSet<>();
    private final Grants grants = new Grants();
    private final List<Held> held = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Move> moves = new ArrayList<>();

    /** A file gets a name in another directory. */
    private record Move(String from, String to, Seen because) {}

    private Lesson(Evidence evidence, Places places) {
        this.evidence = evidence;
        this.places = places;
    }

    /**
     * Learns.
     *
     * @param evidence what was seen
     * @param places the machine
     * @param fold how many files of one directory may be unveiled side by side, before it is the directory
     * @param abi the kernel's Landlock, for what it can hold to a list of ports
     * @return the least
     */
    public static Learnt of(Evidence evidence, Places places, int fold, Abi abi) {
        return new Lesson(evidence, places).learn(fold, abi);
    }

    private Learnt learn(int fold, Abi abi) {
        for (Seen seen : evidence.wanted()) {
            for (Way way : seen.need().ways()) {
                for (Access access : way.accesses()) {
                    if (access.makes()) {
                        made.add(access.name());
                    }
                    if (seen.call().startsWith("open")) {
                        opened.add(access.file());
                    }
                }
            }
        }
        Set<List<Set<String>>> needs = new LinkedHashSet<>();
        Map<Seen, List<Way>> ways = new LinkedHashMap<>();
        for (Seen seen : evidence.wanted()) {
            List<Way> some = suitable(seen.need().ways());
            ways.put(seen, some);
            List<Set<String>> alternatives = new ArrayList<>();
            for (Way way : some) {
                alternatives.add(new TreeSet<>(way.words()));
            }
            needs.add(alternatives);
        }
        List<String> words = WordChoice.of(needs);
        Map<String, List<Seen>> promises = new LinkedHashMap<>();
        words.forEach(word -> promises.put(word, new ArrayList<>()));
        ways.forEach((seen, some) -> {
            Way way = chosen(some, words);
            for (String word : way.words()) {
                List<Seen> forcing = promises.get(word);
                if (forcing != null) {
                    forcing.add(seen);
                }
            }
            grant(way, seen);
        });
        follow();
        grants.fold(fold, places);
        List<Grant> unveils = unveils(words);
        unseen();
        SortedSet<Integer> connect = ports(true);
        SortedSet<Integer> bind = ports(false);
        Optional<PortList> ports = connect.isEmpty() && bind.isEmpty() || !canList(words, abi, !bind.isEmpty())
                ? Optional.empty()
                : Optional.of(new PortList(connect, bind));
        return new Learnt(promises, unveils, ports, held, notes, evidence);
    }

    /** The ways that are to be considered: tmppath only for temporary files, and for those nothing else if that will do. */
    private List<Way> suitable(List<Way> ways) {
        List<Way> plain = new ArrayList<>();
        List<Way> temporary = new ArrayList<>();
        for (Way way : ways) {
            if (way.words().contains(TMPPATH)) {
                temporary.add(way);
            } else if (!isTemporary(way)) {
                plain.add(way);
            }
        }
        return plain.isEmpty() ? temporary.isEmpty() ? ways : temporary : plain;
    }

    private boolean isTemporary(Way way) {
        for (Access access : way.accesses()) {
            String place = place(access.file());
            boolean name = !access.name().isEmpty() || !place.equals(access.file());
            if (name && Places.isTemporary(place)) {
                return true;
            }
        }
        return false;
    }

    /** Where something has to be unveiled: at a path, or where the first name on the way to it was made. */
    private String place(String path) {
        int slash = 0;
        while (slash >= 0) {
            slash = path.indexOf('/', slash + 1);
            String prefix = slash < 0 ? path : path.substring(0, slash);
            if (made.contains(prefix)) {
                return RawPath.parent(prefix);
            }
        }
        return path;
    }

    private static Way chosen(List<Way> ways, List<String> words) {
        return ways.stream()
                .filter(way -> words.containsAll(way.words()))
                .min(Comparator.comparingInt(way -> way.accesses().size()))
                .orElseThrow();
    }

    private void grant(Way way, Seen seen) {
        for (Access access : way.accesses()) {
            if (seen.call().equals("ioctl") && !opened.contains(access.file())) {
                continue; // It was open before, and Landlock asks about what is opened under it.
            }
            String path = place(access.file());
            boolean lifted = !path.equals(access.file());
            if (places.isHeldBack(path, access.letters()) || lifted && places.isCloseToAll(path)) {
                hold(new Held(path, access.letters(), seen));
            } else {
                grants.add(path, access.letters(), List.of(seen));
            }
        }
        boolean links = seen.call().startsWith("link");
        if (links || seen.call().startsWith("rename")) {
            move(way, links, seen);
        }
    }

    private void hold(Held one) {
        for (int i = 0; i < held.size(); i++) {
            Held other = held.get(i);
            if (other.path().equals(one.path())) {
                Permissions both =
                        new Permissions(other.letters().bits() | one.letters().bits());
                held.set(i, new Held(one.path(), both, other.because()));
                return;
            }
        }
        held.add(one);
    }

    private void move(Way way, boolean links, Seen seen) {
        String from = "";
        String to = "";
        for (Access access : way.accesses()) {
            if (access.makes()) {
                to = place(access.file());
            } else {
                from = links ? place(access.name()) : place(access.file());
            }
        }
        if (!from.isEmpty() && !to.isEmpty() && !from.equals(to)) {
            moves.add(new Move(from, to, seen));
        }
    }

    /** Landlock lets no file gain rights by another name: where it comes from has to allow what is allowed where it goes. */
    private void follow() {
        Permissions onFiles = Permissions.parse("rwx");
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Move move : moves) {
                Permissions gained = grants.at(move.to()).and(onFiles).minus(grants.at(move.from()));
                if (!gained.isEmpty() && !places.isHeldBack(move.from(), gained)) {
                    grants.add(move.from(), gained, List.of(move.because()));
                    changed = true;
                }
            }
        }
    }

    private List<Grant> unveils(List<String> words) {
        List<Grant> unveils = new ArrayList<>(grants.unveils());
        if (unveils.isEmpty() && words.stream().anyMatch(PolicyDocument.REACHING::contains)) {
            unveils.add(new Grant("/", Permissions.NONE, List.of()));
        }
        for (String place : places.privatePlaces()) {
            if (!grants.at(place).isEmpty()
                    && !places.isAllowed(place)
                    && places.exists().test(place)) {
                unveils.add(new Grant(place, Permissions.NONE, List.of()));
            }
        }
        unveils.sort(Comparator.comparing(Grant::path));
        if (unveils.size() > Unveil.MOST) {
            notes.add(unveils.size() + " paths are more than can be unveiled (" + Unveil.MOST
                    + "); try a smaller --fold");
        }
        return unveils;
    }

    /** What a policy cannot be blamed for: nobody saw it. */
    private void unseen() {
        if (evidence.blind() > 0) {
            notes.add("not all was seen: the memory of the program could not be read in " + evidence.blind()
                    + (evidence.blind() == 1 ? " call" : " calls")
                    + " (prctl(PR_SET_DUMPABLE), or a file that may be executed and not read); what they opened is not"
                    + " unveiled; root sees it");
        }
        if (evidence.hasImpossible("io_uring_setup")) {
            notes.add("not all was seen: requests through io_uring are no system calls. No promise gives it"
                    + " (io_uring_setup fails with ENOSYS); what the program does instead needs promises and paths of its"
                    + " own, which --verify and --report name");
        }
        if (evidence.hasImpossible("memfd_create")) {
            notes.add(
                    "memfd_create without MFD_NOEXEC_SEAL fails with ENOSYS, as on an older kernel: not every program goes"
                            + " on without");
        }
        if (evidence.hasWanted("openat2")) {
            notes.add(
                    "openat2 fails with ENOSYS, as on an older kernel; it was learnt as the openat that programs go on with");
        }
    }

    /** The ports of others, or the own ones. */
    private SortedSet<Integer> ports(boolean connect) {
        SortedSet<Integer> ports = new TreeSet<>();
        for (Seen seen : evidence.wanted()) {
            for (PortUse use : seen.need().ports()) {
                // Nobody listens on port 0: connecting to it is a way to ask for one's own address.
                if (use.connect() == connect && !(connect && use.port() == 0)) {
                    ports.add(use.port());
                }
            }
        }
        return ports;
    }

    /** Whether a list of ports can hold this program, and lets it do what it did. */
    private boolean canList(List<String> words, Abi abi, boolean binds) {
        if (!abi.has(NetRight.CONNECT_TCP.since())) {
            notes.add("no list of ports: this kernel's Landlock has none (that takes Linux 6.7)");
            return false;
        }
        if (evidence.datagrams() && !abi.has(NetRight.CONNECT_SEND_UDP.since())) {
            notes.add("no list of ports: UDP is used, which this kernel cannot hold to one (that takes Linux 7.2)");
            return false;
        }
        if (ports(false).contains(0)) {
            notes.add("no list of ports: a socket was bound to a port that the kernel picked");
            return false;
        }
        if (evidence.listens() && !binds && (words.contains("inet") || words.contains("anet"))) {
            notes.add("no list of ports: a socket listens on a port that the kernel picked");
            return false;
        }
        return true;
    }
}
