package org.jpledge.landlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.landlock.FsRight.MAKE_DIR;
import static org.jpledge.landlock.FsRight.MAKE_REG;
import static org.jpledge.landlock.FsRight.READ_FILE;
import static org.jpledge.landlock.FsRight.REFER;
import static org.jpledge.landlock.FsRight.REMOVE_DIR;
import static org.jpledge.landlock.FsRight.REMOVE_FILE;
import static org.jpledge.landlock.FsRight.WRITE_FILE;
import static org.jpledge.landlock.Verdict.ALLOWED;
import static org.jpledge.landlock.Verdict.EACCES;
import static org.jpledge.landlock.Verdict.EXDEV;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelTest {
    @Test
    void rulesAlongAPathAddUpInsideALayer() {
        Model model = model(rule("/a", READ_FILE), rule("/a/b", WRITE_FILE));
        assertThat(model.use(path("/a/b/c"), Rights.of(READ_FILE, WRITE_FILE))).isEqualTo(ALLOWED);
        assertThat(model.use(path("/a/c"), Rights.of(READ_FILE))).isEqualTo(ALLOWED);
        assertThat(model.use(path("/a/c"), Rights.of(WRITE_FILE))).isEqualTo(EACCES);
        assertThat(model.use(path("/ab"), Rights.of(READ_FILE))).isEqualTo(EACCES);
    }

    @Test
    void layersCutEachOtherDown() {
        Model model = new Model(
                Abi.V7,
                List.of(
                        Ruleset.ofPaths(List.of(rule("/", READ_FILE, WRITE_FILE))),
                        Ruleset.ofPaths(List.of(rule("/a", READ_FILE), rule("/b", WRITE_FILE)))));
        assertThat(model.rights(path("/a/x"))).isEqualTo(Rights.of(READ_FILE, FsRight.RESOLVE_UNIX));
        assertThat(model.rights(path("/b"))).isEqualTo(Rights.of(WRITE_FILE, FsRight.RESOLVE_UNIX));
        assertThat(model.rights(path("/c"))).isEqualTo(Rights.of(FsRight.RESOLVE_UNIX));
    }

    @Test
    void executingNeedsReading() {
        assertThat(model(rule("/bin", FsRight.EXECUTE)).execute(path("/bin/sh")))
                .isEqualTo(EACCES);
        assertThat(model(rule("/bin", FsRight.EXECUTE, READ_FILE)).execute(path("/bin/sh")))
                .isEqualTo(ALLOWED);
    }

    @Test
    void namesAreMadeAndRemovedByTheRightOfTheirDirectory() {
        Model model = model(rule("/a", MAKE_REG, REMOVE_DIR));
        assertThat(model.create(path("/a/x"), FileType.REGULAR)).isEqualTo(ALLOWED);
        assertThat(model.create(path("/a/x"), FileType.DIRECTORY)).isEqualTo(EACCES);
        assertThat(model.remove(path("/a/x"), FileType.REGULAR)).isEqualTo(EACCES);
        assertThat(model.remove(path("/a/x"), FileType.DIRECTORY)).isEqualTo(ALLOWED);
        assertThat(model.remove(path("/a"), FileType.DIRECTORY)).isEqualTo(EACCES);
    }

    @Test
    void renamingInOneDirectoryNeedsNoRefer() {
        Model model = model(rule("/a", MAKE_REG, REMOVE_FILE));
        assertThat(rename(model, "/a/x", "/a/y")).isEqualTo(ALLOWED);
        assertThat(rename(model(rule("/a", MAKE_REG)), "/a/x", "/a/y")).isEqualTo(EACCES);
        assertThat(model.rename(path("/a/x"), FileType.REGULAR, path("/a/y"), Optional.of(FileType.REGULAR)))
                .isEqualTo(ALLOWED);
        assertThat(model.link(path("/a/x"), FileType.REGULAR, path("/a/y"))).isEqualTo(ALLOWED);
        assertThat(model(rule("/a", MAKE_DIR, REMOVE_FILE))
                        .rename(path("/a/x"), FileType.DIRECTORY, path("/a/y"), Optional.empty()))
                .isEqualTo(EACCES);
    }

    @Test
    void renamingBetweenDirectoriesNeedsReferOnBothAndGainsNothing() {
        assertThat(rename(model(rule("/", MAKE_REG, REMOVE_FILE)), "/a/x", "/b/x"))
                .isEqualTo(EXDEV);
        assertThat(rename(model(rule("/", MAKE_REG, REMOVE_FILE, REFER)), "/a/x", "/b/x"))
                .isEqualTo(ALLOWED);
        assertThat(rename(
                        model(rule("/a", MAKE_REG, REMOVE_FILE, REFER), rule("/b", MAKE_REG, REMOVE_FILE)),
                        "/a/x",
                        "/b/x"))
                .isEqualTo(EXDEV);
        PathRule all = rule("/", MAKE_REG, REMOVE_FILE, REFER);
        assertThat(rename(model(all, rule("/b", READ_FILE)), "/a/x", "/b/x"))
                .as("gains READ_FILE")
                .isEqualTo(EXDEV);
        assertThat(rename(model(all, rule("/a", READ_FILE)), "/a/x", "/b/x"))
                .as("loses it")
                .isEqualTo(ALLOWED);
        assertThat(rename(model(all, rule("/a/x", READ_FILE), rule("/b", READ_FILE)), "/a/x", "/b/x"))
                .as("has it by a rule of its own")
                .isEqualTo(ALLOWED);
        assertThat(rename(model(all, rule("/b", MAKE_DIR)), "/a/x", "/b/x"))
                .as("a file cannot gain what only directories have")
                .isEqualTo(ALLOWED);
        PathRule directories = rule("/", MAKE_DIR, REMOVE_DIR, REFER);
        assertThat(model(directories, rule("/b", MAKE_REG))
                        .rename(path("/a/x"), FileType.DIRECTORY, path("/b/x"), Optional.empty()))
                .isEqualTo(EXDEV);
    }

    @Test
    void permissionDeniedComesBeforeAnotherDevice() {
        assertThat(rename(model(rule("/a", MAKE_REG, REMOVE_FILE)), "/a/x", "/b/x"))
                .isEqualTo(EACCES);
        assertThat(rename(model(rule("/b", MAKE_REG, REMOVE_FILE)), "/a/x", "/b/x"))
                .isEqualTo(EACCES);
        assertThat(rename(model(rule("/a", REMOVE_FILE), rule("/b", MAKE_REG)), "/a/x", "/b/x"))
                .isEqualTo(EXDEV);
    }

    @Test
    void linkingNeedsNoRightToRemove() {
        Model model = model(rule("/a", REFER), rule("/b", MAKE_REG, REFER));
        assertThat(model.link(path("/a/x"), FileType.REGULAR, path("/b/x"))).isEqualTo(ALLOWED);
        assertThat(rename(model, "/a/x", "/b/x")).isEqualTo(EACCES);
    }

    @Test
    void anExchangeMustNotGainInEitherDirection() {
        PathRule all = rule("/", MAKE_REG, REMOVE_FILE, REFER);
        assertThat(model(all).exchange(path("/a/x"), FileType.REGULAR, path("/b/y"), FileType.REGULAR))
                .isEqualTo(ALLOWED);
        for (String one : List.of("/a", "/b")) {
            assertThat(model(all, rule(one, WRITE_FILE))
                            .exchange(path("/a/x"), FileType.REGULAR, path("/b/y"), FileType.REGULAR))
                    .isEqualTo(EXDEV);
        }
    }

    @Test
    void beforeReferEveryRenameBetweenDirectoriesIsRefused() {
        Ruleset all =
                Ruleset.ofPaths(List.of(new PathRule(FilePath.ROOT, true, Ruleset.ALL_FS, PathRule.Presence.REQUIRED)));
        assertThat(rename(new Model(Abi.V1, List.of(all)), "/a/x", "/b/x")).isEqualTo(EXDEV);
        assertThat(rename(new Model(Abi.V1, List.of(all)), "/a/x", "/a/y")).isEqualTo(ALLOWED);
        assertThat(rename(new Model(Abi.V2, List.of(all)), "/a/x", "/b/x")).isEqualTo(ALLOWED);
        assertThat(rename(new Model(Abi.NONE, List.of(all)), "/a/x", "/b/x")).isEqualTo(ALLOWED);
        // Refused by every layer that is about files, though it may not handle the right.
        Ruleset little = new Ruleset(Rights.of(READ_FILE), Rights.none(), Rights.none(), List.of(), List.of());
        assertThat(rename(new Model(Abi.V7, List.of(little)), "/a/x", "/b/x")).isEqualTo(EXDEV);
        assertThat(rename(new Model(Abi.V7, List.of(Ruleset.NOTHING.withPorts(List.of()))), "/a/x", "/b/x"))
                .isEqualTo(ALLOWED);
    }

    @Test
    void whatAVersionDoesNotKnowItDoesNotRefuse() {
        Ruleset nothing = Ruleset.ofPaths(List.of());
        assertThat(new Model(Abi.V2, List.of(nothing)).use(path("/x"), Rights.of(FsRight.TRUNCATE)))
                .isEqualTo(ALLOWED);
        assertThat(new Model(Abi.V3, List.of(nothing)).use(path("/x"), Rights.of(FsRight.TRUNCATE)))
                .isEqualTo(EACCES);
        assertThat(new Model(Abi.V8, List.of(nothing)).use(path("/x"), Rights.of(FsRight.RESOLVE_UNIX)))
                .isEqualTo(ALLOWED);
        assertThat(new Model(Abi.V9, List.of(nothing)).use(path("/x"), Rights.of(FsRight.RESOLVE_UNIX)))
                .isEqualTo(EACCES);
        Ruleset ports = Ruleset.NOTHING.withPorts(List.of());
        assertThat(new Model(Abi.V9, List.of(ports)).port(53, NetRight.CONNECT_SEND_UDP))
                .isEqualTo(ALLOWED);
        assertThat(new Model(Abi.V10, List.of(ports)).port(53, NetRight.CONNECT_SEND_UDP))
                .isEqualTo(EACCES);
        Ruleset scoped = Ruleset.NOTHING.withScopes(Rights.of(Scope.SIGNAL));
        assertThat(new Model(Abi.V5, List.of(scoped)).ends(Scope.SIGNAL)).isFalse();
        assertThat(new Model(Abi.V6, List.of(scoped)).ends(Scope.SIGNAL)).isTrue();
        assertThat(new Model(Abi.V6, List.of(scoped)).ends(Scope.ABSTRACT_UNIX_SOCKET))
                .isFalse();
    }

    private static Model model(PathRule... rules) {
        return new Model(Abi.V7, List.of(Ruleset.ofPaths(List.of(rules))));
    }

    private static Verdict rename(Model model, String from, String to) {
        return model.rename(path(from), FileType.REGULAR, path(to), Optional.empty());
    }

    private static PathRule rule(String path, FsRight... rights) {
        return RulesetTest.directory(path, rights);
    }

    private static FilePath path(String path) {
        return FilePath.of(path);
    }
}
