package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.junit.jupiter.api.Test;

class VeilTest {
    private static final FilePath HOME = FilePath.of("/home/u");

    private static final Rights<FsRight> R = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> W =
            Rights.of(FsRight.WRITE_FILE, FsRight.TRUNCATE, FsRight.IOCTL_DEV, FsRight.RESOLVE_UNIX);
    private static final Rights<FsRight> RF = Rights.of(FsRight.READ_FILE);
    private static final Rights<FsRight> X = Rights.of(FsRight.EXECUTE, FsRight.READ_FILE);
    private static final Rights<FsRight> C = Meaning.UNPLEDGED.create();

    private final MemoryTree tree = MemoryTree.of(
                    "/etc/passwd",
                    "/etc/ssl/cert.pem",
                    "/usr/bin/id",
                    "/dev/null",
                    "/home/u/.git/config",
                    "/home/u/src/main.c",
                    "/home/u/src/doc/",
                    "/home/u/notes",
                    "/home/u/secrets/key",
                    "/home/v/")
            .link("/home/u/link", "src/main.c");

    @Test
    void noUnveilAtAllIsAVeilOverEverything() {
        assertThat(veil().rules()).isEmpty();
        assertThat(veil().ruleset().handledFs().list(FsRight.values())).containsExactly(FsRight.values());
    }

    @Test
    void eachLetterGrantsItsRights() {
        assertThat(rules("r:/etc")).containsExactly(Map.entry("/etc", R));
        assertThat(rules("w:/etc")).containsExactly(Map.entry("/etc", W));
        assertThat(rules("x:/usr/bin")).containsExactly(Map.entry("/usr/bin", X));
        assertThat(rules("c:/etc")).containsExactly(Map.entry("/etc", C));
        assertThat(rules("rwxc:/etc"))
                .containsExactly(Map.entry("/etc", R.plus(W).plus(X).plus(C)));
        assertThat(rules(":/etc")).isEmpty();
    }

    @Test
    void aSingleFileGetsWhatFilesCanHaveAndCanBeTruncated() {
        // A peer masks TRUNCATE off here, so that a file unveiled for writing cannot be.
        assertThat(rules("rwc:/etc/passwd")).containsExactly(Map.entry("/etc/passwd", RF.plus(W)));
        assertThat(veil("rwc:/etc/passwd").differences())
                .containsExactly(
                        new Difference.NameNotOwn(Unveil.parse("rwc:/etc/passwd"), FilePath.of("/etc/passwd")));
        assertThat(veil("rwc:/etc/passwd", "rwc:/etc").differences()).isEmpty();
        assertThat(veil("c:/etc/passwd").rules()).isEmpty();
    }

    @Test
    void theSamePathAgainReplaces() {
        assertThat(rules("rwxc:/etc", "r:/etc")).containsExactly(Map.entry("/etc", R));
        assertThat(rules("r:/etc", "rw:/etc")).containsExactly(Map.entry("/etc", R.plus(W)));
        assertThat(rules("rw:/home/u/link", "r:/home/u/src/main.c"))
                .as("by what the path turns out to be")
                .containsExactly(Map.entry("/home/u/src/main.c", RF));
        assertThat(rules("r:/etc", "r://etc/./ssl/..", ":/etc/")).isEmpty();
    }

    @Test
    void aLowerPathWithMoreIsOneMoreRule() {
        assertThat(rules("r:/", "rw:/dev/null")).containsExactly(Map.entry("/", R), Map.entry("/dev/null", RF.plus(W)));
        assertThat(rules("rw:/", "r:/", "r:/etc")).containsExactly(Map.entry("/", R));
    }

    @Test
    void aLowerPathWithLessIsCarvedOut() {
        assertThat(rules("rw:.", "r:.git"))
                .containsOnly(
                        Map.entry("/home/u", R),
                        Map.entry("/home/u/src", R.plus(W)),
                        Map.entry("/home/u/notes", RF.plus(W)),
                        Map.entry("/home/u/secrets", R.plus(W)));
        Unveil git = Unveil.parse("r:.git");
        assertThat(veil("rw:.", "r:.git").differences())
                .containsExactly(new Difference.Carved(HOME, Permissions.parse("w"), false, List.of(git)));
        assertThat(veil("rw:.", "r:.git").differences().getFirst().text())
                .isEqualTo("/home/u: names that appear later are not w, because of r:.git");
    }

    @Test
    void everyDirectoryOnTheWayIsCarved() {
        assertThat(rules("rw:/home", "r:/home/u/src/main.c"))
                .containsOnly(
                        Map.entry("/home", R),
                        Map.entry("/home/v", R.plus(W)),
                        Map.entry("/home/u/.git", R.plus(W)),
                        Map.entry("/home/u/notes", RF.plus(W)),
                        Map.entry("/home/u/secrets", R.plus(W)),
                        Map.entry("/home/u/src/doc", R.plus(W)));
    }

    @Test
    void insideWhatIsCarvedOutMoreCanBeGranted() {
        assertThat(rules("rwc:/home", "r:/home/u", "rwc:/home/u/src"))
                .containsOnly(
                        Map.entry("/home", R),
                        Map.entry("/home/v", R.plus(W).plus(C)),
                        Map.entry("/home/u/src", R.plus(W).plus(C)));
    }

    @Test
    void aHiddenDirectoryLeavesTheOneAboveListable() {
        assertThat(rules("r:.", ":secrets"))
                .containsOnly(
                        Map.entry("/home/u", Rights.of(FsRight.READ_DIR)),
                        Map.entry("/home/u/.git", R),
                        Map.entry("/home/u/src", R),
                        Map.entry("/home/u/notes", RF));
        assertThat(veil("r:.", ":secrets").differences())
                .containsExactly(
                        new Difference.Carved(HOME, Permissions.parse("r"), false, List.of(Unveil.parse(":secrets"))),
                        new Difference.Listable(Unveil.parse(":secrets"), FilePath.of("/home/u/secrets")));
    }

    @Test
    void unlessItIsToBeClosed() {
        assertThat(rules(Listing.CLOSED, "r:.", ":secrets"))
                .containsOnly(
                        Map.entry("/home/u/.git", R), Map.entry("/home/u/src", R), Map.entry("/home/u/notes", RF));
        assertThat(veil(Listing.CLOSED, "r:.", ":secrets").differences())
                .containsExactly(
                        new Difference.Carved(HOME, Permissions.parse("r"), true, List.of(Unveil.parse(":secrets"))));
        // A hidden file has nothing to list.
        assertThat(rules(Listing.CLOSED, "r:.", ":notes")).containsEntry("/home/u", Rights.of(FsRight.READ_DIR));
    }

    @Test
    void aNameThatMayNotBeRemovedTakesRemovalFromItsDirectory() {
        assertThat(rules("rwc:.", "rw:notes"))
                .containsOnly(
                        Map.entry("/home/u", R.plus(W)),
                        Map.entry("/home/u/.git", R.plus(W).plus(C)),
                        Map.entry("/home/u/src", R.plus(W).plus(C)),
                        Map.entry("/home/u/secrets", R.plus(W).plus(C)));
        assertThat(veil("rwc:.", "rw:notes").differences().getFirst().text())
                .isEqualTo(
                        "/home/u: no names can be made or removed there, and names that appear later are not c, because of rw:notes");
    }

    @Test
    void onlyNamesThatWereThereWhenADirectoryWasReadMayBeMissingLater() {
        for (PathRule rule : veil("rw:.", "r:.git", "rw:/etc").rules()) {
            String path = rule.path().toString();
            assertThat(rule.presence() == PathRule.Presence.REQUIRED)
                    .as(path)
                    .isEqualTo(path.equals("/home/u") || path.equals("/etc"));
        }
    }

    @Test
    void symbolicLinksAreNotGrantedWhatTheyPointTo() {
        assertThat(rules("rw:.", ":src/main.c")).doesNotContainKeys("/home/u/link", "/home/u/src/main.c");
    }

    @Test
    void whatNoPromiseCoversIsWorthNothingAndCarvesNothing() {
        Meaning rpath = new Meaning(Meaning.RPATH, Rights.none(), Rights.none(), Rights.none());
        Veil veil = Veil.of(
                List.of(Unveil.parse("rwxc:."), Unveil.parse("r:.git"), Unveil.parse("x:/usr/bin")),
                new Veil.Reading(rpath, HOME, false, Listing.KEPT),
                tree);
        assertThat(veil.rules()).containsExactly(new PathRule(HOME, true, R, PathRule.Presence.REQUIRED));
        assertThat(veil.differences()).isEmpty();
    }

    @Test
    void devicesAreMadeOnlyUnderTheirPromise() {
        Meaning cpath = new Meaning(Meaning.RPATH, Meaning.WPATH, Meaning.EXEC, Meaning.CPATH);
        Veil veil = Veil.of(List.of(Unveil.parse("c:.")), new Veil.Reading(cpath, HOME, false, Listing.KEPT), tree);
        assertThat(veil.rules().getFirst().allowed().list(FsRight.values()))
                .doesNotContain(FsRight.MAKE_CHAR, FsRight.MAKE_BLOCK)
                .contains(FsRight.MAKE_REG, FsRight.MAKE_FIFO);
        assertThat(rules("c:.")).containsExactly(Map.entry("/home/u", C));
        assertThat(C.list(FsRight.values())).contains(FsRight.MAKE_CHAR, FsRight.MAKE_BLOCK);
    }

    @Test
    void whatCanBeExecutedCanBeReadAndThatIsSaid() {
        assertThat(veil("x:/usr/bin").differences())
                .containsExactly(new Difference.ReadableToo(Unveil.parse("x:/usr/bin"), FilePath.of("/usr/bin")));
        assertThat(veil("rx:/usr/bin").differences()).isEmpty();
    }

    @Test
    void linksAreFollowedTheLastNameToo() {
        tree.link("/current", "home/u/src")
                .link("/tmp/deep", "../current/doc/../main.c")
                .link("/abs", "/etc/ssl");
        assertThat(rules("/tmp/deep")).containsOnlyKeys("/home/u/src/main.c");
        assertThat(rules("/abs/../passwd")).as("dots count from the target").containsOnlyKeys("/etc/passwd");
        assertThat(rules("/current/")).containsOnlyKeys("/home/u/src");
        assertThat(rules("link")).containsOnlyKeys("/home/u/src/main.c");
        assertThat(rules("../../../../etc//./passwd")).containsOnlyKeys("/etc/passwd");
    }

    @Test
    void aMissingNameIsCoveredByADirectoryThatMayCreateIt() {
        assertThat(rules("rwc:src", "rw:src/new")).containsEntry("/home/u/src", R.plus(W));
        assertThat(rules("rwc:src", "rwc:src/new"))
                .containsExactly(Map.entry("/home/u/src", R.plus(W).plus(C)));
        assertThat(rules("rwc:src", "r:src/new"))
                .as("it must not get more when it is created")
                .containsOnly(
                        Map.entry("/home/u/src", R),
                        Map.entry("/home/u/src/main.c", RF.plus(W)),
                        Map.entry("/home/u/src/doc", R.plus(W).plus(C)));
    }

    @Test
    void aMissingNameThatNothingCoversIsAnErrorOrIgnored() {
        FilePath file = FilePath.of("/home/u/src/new");
        FilePath src = FilePath.of("/home/u/src");
        assertThat(problem("src/new")).isEqualTo(new Problem.Missing("src/new", file, src, Permissions.parse("rc")));
        assertThat(problem("src/new").message())
                .isEqualTo("unveil src/new: /home/u/src/new does not exist, and Landlock cannot grant rights on a name;"
                        + " create it, or unveil /home/u/src with rc");
        assertThat(problem("rw:.", "r:src/new"))
                .isEqualTo(new Problem.Missing("r:src/new", file, src, Permissions.parse("c")));
        assertThat(problem("rc:.", "rw:src/new"))
                .isEqualTo(new Problem.Missing("rw:src/new", file, src, Permissions.parse("w")));
        assertThat(problem("r:.", ":secret")).isInstanceOf(Problem.Missing.class);

        Difference ignored = new Difference.Ignored(Unveil.parse("rw:src/new"), file);
        assertThat(ignoring("rw:src/new").rules()).isEmpty();
        assertThat(ignoring("rw:src/new").differences()).containsExactly(ignored);
        assertThat(ignoring("r:src", "rw:src/new").rules())
                .containsExactly(new PathRule(src, true, R, PathRule.Presence.REQUIRED));
        assertThat(ignoring("rw:src", ":src/new").rules())
                .as("what was to be hidden stays hidden when it appears")
                .contains(new PathRule(src, true, Rights.of(FsRight.READ_DIR), PathRule.Presence.REQUIRED));
    }

    @Test
    void aMissingDirectoryOnTheWayIsAnError() {
        assertThat(problem("rwc:.", "rw:lib/new"))
                .isEqualTo(new Problem.MissingDirectory("rw:lib/new", FilePath.of("/home/u/lib")));
        assertThat(problem("rw:lib/new").message()).contains("rw:lib/new", "no directory /home/u/lib");
    }

    @Test
    void aFileIsNoDirectory() {
        for (String path : List.of("notes/x", "notes/", "notes/.", "notes/..", "link/x")) {
            assertThat(problem(path)).as(path).isInstanceOf(Problem.NotADirectory.class);
            assertThat(problem(path).message()).contains(path, "is not a directory");
        }
    }

    @Test
    void aLinkToNothingIsSaidToBeOne() {
        tree.link("/home/u/dead", "src/gone").link("/home/u/deader", "gone/gone");
        Problem dangling = problem("dead");
        assertThat(dangling)
                .isEqualTo(
                        new Problem.DanglingLink("dead", FilePath.of("/home/u/dead"), FilePath.of("/home/u/src/gone")));
        assertThat(dangling.message()).contains("/home/u/dead", "/home/u/src/gone", "does not exist");
        assertThat(problem("deader")).isInstanceOf(Problem.DanglingLink.class);
        assertThat(rules("rc:src", "rc:dead")).containsOnlyKeys("/home/u/src");
    }

    @Test
    void linksInACircleEnd() {
        tree.link("/a", "b").link("/b", "a");
        assertThat(problem("/a")).isInstanceOf(Problem.TooManyLinks.class);
        assertThat(problem("/a/x").message()).contains("too many symbolic links");
        for (int i = 0; i < 40; i++) {
            tree.link("/l" + i, i == 0 ? "etc" : "l" + (i - 1));
        }
        assertThat(rules("/l39")).containsOnlyKeys("/etc");
        tree.link("/l40", "l39");
        assertThat(problem("/l40")).isInstanceOf(Problem.TooManyLinks.class);
    }

    @Test
    void aPathBehindAnUnreadableDirectoryIsNamed() {
        tree.unsearchable("/home/u/secrets");
        assertThat(problem("secrets/key"))
                .isEqualTo(
                        new Problem.Unreadable("secrets/key", FilePath.of("/home/u/secrets/key"), "permission denied"));
        tree.unlistable("/home/u/src");
        assertThat(rules("src")).containsOnlyKeys("/home/u/src");
        assertThat(rules("src/main.c")).containsOnlyKeys("/home/u/src/main.c");
        assertThat(problem("rw:src", "r:src/main.c"))
                .isEqualTo(new Problem.Unlistable("r:src/main.c", FilePath.of("/home/u/src"), "permission denied"));
        assertThat(problem("rw:src", "r:src/main.c").message()).contains("cannot be listed: permission denied");
    }

    @Test
    void aNameThatIsTooLongIsNamed() {
        assertThat(rules("rc:/etc", "rc:/etc/" + "a".repeat(255))).hasSize(1);
        assertThat(problem("/etc/" + "a".repeat(256)).message()).contains("256 bytes, and 255 are the most");
    }

    @Test
    void aThousandUnveilsAreEnough() {
        String[] words = new String[5000];
        for (int i = 0; i < words.length; i++) {
            words[i] = "/etc/" + i;
            tree.add(words[i], FileType.REGULAR);
        }
        Problem problem = problem(words);
        assertThat(problem).isEqualTo(new Problem.TooManyUnveils("/etc/1024", 5000));
        assertThat(problem.message()).contains("5000 unveils", "1024", "/etc/1024 is one too many");
        assertThat(veil(Arrays.copyOf(words, 1024)).rules()).hasSize(1024);
    }

    @Test
    void tooManyRulesAreChargedToWhatCostsThem() {
        for (int i = 0; i < 10_000; i++) {
            tree.add("/usr/share/doc/" + i, FileType.REGULAR);
        }
        tree.add("/usr/share/doc/x", FileType.REGULAR).add("/usr/lib", FileType.DIRECTORY);
        Problem problem = problem("rw:/", "r:/etc/ssl", "r:/usr/share/doc/x");
        assertThat(problem).isInstanceOf(Problem.TooManyRules.class);
        assertThat(problem.word()).isEqualTo("r:/usr/share/doc/x");
        assertThat(problem.message())
                .isEqualTo(
                        "10006 Landlock rules, and 10000 are the most: unveil r:/usr/share/doc/x costs 10004, for what lies beside"
                                + " it in /usr/share/doc, unveil r:/etc/ssl costs 3, for what lies beside it in /");
        assertThat(veil("rw:/usr/share/doc").rules()).hasSize(1);
    }

    @Test
    void sixteenLayersAreNeverNeeded() {
        List<String> words = new ArrayList<>(List.of("rw:/deep"));
        String path = "/deep";
        for (int i = 0; i < 40; i++) {
            path += "/d";
            tree.add(path + "/f", FileType.REGULAR);
            words.add((i % 2 == 0 ? "r:" : "rw:") + path);
        }
        assertThat(veil(words.toArray(String[]::new)).rules()).isNotEmpty();
    }

    private Veil veil(String... words) {
        return veil(Listing.KEPT, words);
    }

    private Veil veil(Listing listing, String... words) {
        return Veil.of(unveils(words), new Veil.Reading(Meaning.UNPLEDGED, HOME, false, listing), tree);
    }

    private Veil ignoring(String... words) {
        return Veil.of(unveils(words), new Veil.Reading(Meaning.UNPLEDGED, HOME, true, Listing.KEPT), tree);
    }

    private Map<String, Rights<FsRight>> rules(String... words) {
        return rules(Listing.KEPT, words);
    }

    private Map<String, Rights<FsRight>> rules(Listing listing, String... words) {
        Map<String, Rights<FsRight>> rules = new TreeMap<>();
        for (PathRule rule : veil(listing, words).rules()) {
            assertThat(rules.put(rule.path().toString(), rule.allowed()))
                    .as("twice: %s", rule)
                    .isNull();
        }
        return rules;
    }

    private Problem problem(String... words) {
        return catchThrowableOfType(UnveilException.class, () -> veil(words)).problem();
    }

    private static List<Unveil> unveils(String... words) {
        List<Unveil> unveils = new ArrayList<>();
        for (String word : words) {
            unveils.add(Unveil.parse(word));
        }
        return unveils;
    }
}
