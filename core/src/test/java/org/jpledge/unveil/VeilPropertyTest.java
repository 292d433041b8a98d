package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.jpledge.unveil.Permission.CREATE;
import static org.jpledge.unveil.Permission.EXECUTE;
import static org.jpledge.unveil.Permission.READ;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.Verdict;
import org.junit.jupiter.api.Test;

/**
 * Veils, as Landlock would enforce them, against what OpenBSD would do, for random files, unveils and operations. Where the
 * two differ, it must be for one of the reasons that docs/unveil.md gives.
 */
class VeilPropertyTest {
    private static final int SCENARIOS = 6000;
    private static final int OPERATIONS = 40;

    /** Why Linux lets happen what OpenBSD refuses, or the other way round; and where there is no difference. */
    private enum Reason {
        BOTH_ALLOW,
        BOTH_REFUSE,

        /** More: stat, access, readlink, chdir and chmod are out of Landlock's sight. */
        NEVER_RESTRICTED,
        /** More: what can be executed can be read. */
        EXECUTABLE_IS_READABLE,
        /** More: O_CREAT needs c only if it creates. */
        CREATE_OF_WHAT_IS_THERE,
        /** More: moving and linking do not need r. */
        MOVED_WITHOUT_READING,
        /** More: in a hidden directory below one that can be listed, names can be seen. */
        LISTABLE,
        /** More: this version of Landlock does not know the right. */
        OLD_KERNEL,

        /** Less: what a directory lost because something below it has less. */
        CARVED,
        /** Less: making and removing a name is the right of its directory. */
        NAME_NOT_OWN,
        /** Less: from one directory to another, nothing goes that would gain a right, and both need c. */
        BETWEEN_DIRECTORIES,
        /** Less: a missing path that the user told us to ignore. */
        IGNORED,
    }

    private final Map<Reason, Integer> seen = new EnumMap<>(Reason.class);

    @Test
    void veilsAreAsOnOpenBsdButForTheDocumentedDifferences() {
        long seed = 20261122;
        Set<Class<?>> problems = new HashSet<>();
        for (int scenario = 0; scenario < SCENARIOS; scenario++) {
            Random random = new Random(seed + scenario);
            RandomFiles files = new RandomFiles(random, "");
            MemoryTree tree = files.tree();
            List<Unveil> unveils = files.unveils(tree);
            OpenBsd openBsd = new OpenBsd(tree, FilePath.ROOT);
            boolean valid = true;
            for (Unveil unveil : unveils) {
                valid &= openBsd.unveil(unveil.path(), unveil.permissions());
            }
            Listing listing = random.nextBoolean() ? Listing.KEPT : Listing.CLOSED;
            Veil.Reading reading = new Veil.Reading(Meaning.UNPLEDGED, FilePath.ROOT, random.nextInt(3) != 0, listing);
            Veil veil;
            try {
                veil = Veil.of(unveils, reading, tree);
            } catch (UnveilException e) {
                problems.add(e.problem().getClass());
                if (valid) {
                    assertThat(reading.ignoreMissing())
                            .as("scenario %d: %s", scenario, e.getMessage())
                            .isFalse();
                    assertThat(e.problem()).isInstanceOfAny(Problem.Missing.class, Problem.DanglingLink.class);
                }
                continue;
            }
            assertThat(valid)
                    .as("scenario %d: OpenBSD refuses %s", scenario, unveils)
                    .isTrue();
            Abi abi = random.nextBoolean() ? Abi.LATEST : Abi.of(1 + random.nextInt(Abi.LATEST.version()));
            Model model = new Model(abi, List.of(veil.ruleset()));
            for (int i = 0; i < OPERATIONS; i++) {
                Optional<Operation> operation = files.operation(tree, openBsd);
                if (operation.isPresent()) {
                    Case one = new Case(openBsd, veil, model, abi, operation.get());
                    Optional<Reason> reason = one.compare();
                    if (reason.isEmpty()) {
                        fail("scenario %d, ABI %s, %s\n%s\nunveils %s\nrules %s\ndifferences %s\nOpenBSD %s, Linux %s"
                                .formatted(
                                        scenario,
                                        abi,
                                        operation.get(),
                                        tree.entries(),
                                        unveils,
                                        veil.rules(),
                                        veil.differences(),
                                        openBsd.check(operation.get()),
                                        one.verdict()));
                    }
                    seen.merge(reason.get(), 1, Integer::sum);
                }
            }
        }
        // Everything that is compared has happened, so the comparison means something.
        assertThat(seen).containsOnlyKeys(Reason.values());
        assertThat(seen.get(Reason.BOTH_ALLOW)).isGreaterThan(5_000);
        assertThat(seen.get(Reason.BOTH_REFUSE)).isGreaterThan(5_000);
        assertThat(problems)
                .contains(
                        Problem.Missing.class,
                        Problem.MissingDirectory.class,
                        Problem.DanglingLink.class,
                        Problem.NotADirectory.class);
    }

    /** One operation, asked twice. */
    private static final class Case {
        private final OpenBsd openBsd;
        private final Abi abi;
        private final Operation operation;
        private final OpenBsd.Found found;
        private final OpenBsd.Found second;
        private final Verdict verdict;
        private final Map<FilePath, Difference.Carved> carved = new HashMap<>();
        private final Set<FilePath> listable = new HashSet<>();
        private final Set<FilePath> ignored = new HashSet<>();

        Case(OpenBsd openBsd, Veil veil, Model model, Abi abi, Operation operation) {
            this.openBsd = openBsd;
            this.abi = abi;
            this.operation = operation;
            this.found =
                    openBsd.lookup(operation.path(), operation.call().follows()).orElseThrow();
            this.second = openBsd.lookup(operation.second(), false).orElseThrow();
            this.verdict = Linux.verdict(model, operation, found, second);
            for (Difference difference : veil.differences()) {
                switch (difference) {
                    case Difference.Carved about -> carved.put(about.directory(), about);
                    case Difference.Listable about -> listable.add(about.directory());
                    case Difference.Ignored about -> ignored.add(about.path());
                    case Difference.ReadableToo about ->
                        assertThat(about.unveil().permissions().has(READ)).isFalse();
                    case Difference.NameNotOwn about ->
                        assertThat(about.unveil().permissions().has(CREATE)).isTrue();
                    case Difference.Unseen about -> throw new AssertionError(about.text());
                }
            }
        }

        Verdict verdict() {
            return verdict;
        }

        Optional<Reason> compare() {
            boolean wanted = openBsd.check(operation) == OpenBsd.Answer.OK;
            boolean allowed = verdict == Verdict.ALLOWED;
            if (wanted == allowed) {
                return Optional.of(allowed ? Reason.BOTH_ALLOW : Reason.BOTH_REFUSE);
            }
            return allowed ? why() : whyNot();
        }

        private Optional<Reason> why() {
            Permissions flags = openBsd.flags(found).orElse(Permissions.NONE);
            Permissions lacking = OpenBsd.needed(operation).minus(flags);
            return switch (operation.call()) {
                case STAT, LSTAT, READLINK, CHDIR, ACCESS_READ, ACCESS_WRITE, CHMOD ->
                    Optional.of(Reason.NEVER_RESTRICTED);
                case OPEN -> whyOpened(flags, lacking);
                case LIST -> isListable() ? Optional.of(Reason.LISTABLE) : Optional.empty();
                case TRUNCATE -> unknown(FsRight.TRUNCATE);
                case CONNECT -> unknown(FsRight.RESOLVE_UNIX);
                case LINK, RENAME ->
                    lacking.equals(Permissions.READ)
                                    && openBsd.flags(second)
                                            .orElse(Permissions.NONE)
                                            .has(CREATE)
                            ? Optional.of(Reason.MOVED_WITHOUT_READING)
                            : Optional.empty();
                case EXECUTE, UNLINK, RMDIR, MKDIR, MKFIFO, MKNOD, SYMLINK, BIND -> Optional.empty();
            };
        }

        private Optional<Reason> whyOpened(Permissions flags, Permissions lacking) {
            boolean readable = lacking.has(READ) && flags.has(EXECUTE);
            boolean there = lacking.has(CREATE) && found.type().isPresent();
            int excused = (readable ? READ.bit() : 0) | (there ? CREATE.bit() : 0);
            if (!new Permissions(excused).hasAll(lacking)) {
                return Optional.empty();
            }
            return Optional.of(there ? Reason.CREATE_OF_WHAT_IS_THERE : Reason.EXECUTABLE_IS_READABLE);
        }

        private boolean isListable() {
            for (FilePath directory : listable) {
                if (found.path().equals(directory) || found.path().isBelow(directory)) {
                    return true;
                }
            }
            return false;
        }

        private Optional<Reason> unknown(FsRight right) {
            return abi.has(right.since()) ? Optional.empty() : Optional.of(Reason.OLD_KERNEL);
        }

        private Optional<Reason> whyNot() {
            return switch (operation.call()) {
                case OPEN -> found.type().isEmpty() ? whyNoName(found, operation.flags()) : Optional.empty();
                case LIST -> isClosed(found.path()) ? Optional.of(Reason.CARVED) : Optional.empty();
                case UNLINK, RMDIR, MKDIR, MKFIFO, MKNOD, SYMLINK, BIND -> whyNoName(found, Operation.Flags.NONE);
                case LINK -> {
                    Optional<Reason> there = whyNoName(second, Operation.Flags.NONE);
                    yield there.isPresent() ? there : whyNotBetween();
                }
                case RENAME -> {
                    Optional<Reason> here = whyNoName(found, Operation.Flags.NONE);
                    Optional<Reason> there = whyNoName(second, Operation.Flags.NONE);
                    yield here.isPresent() ? here : there.isPresent() ? there : whyNotBetween();
                }
                case TRUNCATE, EXECUTE, CONNECT, STAT, LSTAT, READLINK, CHDIR, ACCESS_READ, ACCESS_WRITE, CHMOD ->
                    Optional.empty();
            };
        }

        /** Why a name cannot be made or removed, or what was made cannot be opened. */
        private Optional<Reason> whyNoName(OpenBsd.Found name, Operation.Flags flags) {
            if (ignored.contains(name.path())) {
                return Optional.of(Reason.IGNORED);
            }
            FilePath directory = name.path().parent().orElseThrow();
            Permissions above = flagsOf(directory);
            if (!above.has(CREATE)) {
                return Optional.of(Reason.NAME_NOT_OWN);
            }
            Permissions lost = lost(directory);
            boolean matters = lost.has(CREATE)
                    || (flags.read() && lost.has(READ))
                    || (flags.write() && lost.has(Permission.WRITE));
            return matters ? Optional.of(Reason.CARVED) : Optional.empty();
        }

        private Optional<Reason> whyNotBetween() {
            if (verdict != Verdict.EXDEV) {
                return Optional.empty();
            }
            FilePath here = found.path().parent().orElseThrow();
            FilePath there = second.path().parent().orElseThrow();
            Permissions own = openBsd.flags(found).orElse(Permissions.NONE).minus(lost(found.path()));
            if (found.type().isEmpty() || !isGranted(found)) {
                own = own.minus(lost(here));
            }
            boolean gains = !own.hasAll(flagsOf(there).minus(lost(there)));
            boolean refused = !flagsOf(here).minus(lost(here)).has(CREATE)
                    || !flagsOf(there).minus(lost(there)).has(CREATE);
            boolean never = !abi.has(FsRight.REFER.since());
            return gains || refused || never ? Optional.of(Reason.BETWEEN_DIRECTORIES) : Optional.empty();
        }

        /** Whether a name has rights of its own in a carved directory: links have none. */
        private static boolean isGranted(OpenBsd.Found name) {
            return !name.type().equals(Optional.of(FileType.SYMLINK));
        }

        private Permissions flagsOf(FilePath directory) {
            return openBsd.flags(new OpenBsd.Found(directory, Optional.of(FileType.DIRECTORY)))
                    .orElse(Permissions.NONE);
        }

        private Permissions lost(FilePath directory) {
            Difference.Carved about = carved.get(directory);
            return about == null ? Permissions.NONE : about.lost();
        }

        private boolean isClosed(FilePath directory) {
            Difference.Carved about = carved.get(directory);
            return about != null && about.closed();
        }
    }
}
