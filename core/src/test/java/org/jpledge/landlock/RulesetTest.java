package org.jpledge.landlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RulesetTest {
    private static final FilePath A = FilePath.of("/a");

    @Test
    void everyRightIsHandledWhateverIsAsked() {
        assertThat(Ruleset.ofPaths(List.of()).handledFs()).isEqualTo(Ruleset.ALL_FS);
        assertThat(Ruleset.ofPaths(List.of(directory("/a", FsRight.READ_FILE))).handledFs())
                .isEqualTo(Ruleset.ALL_FS);
        // The best-known pledge for Linux leaves these free, and files outside what is unveiled can be deleted.
        for (Abi abi : Abi.values()) {
            if (abi.has(Abi.V1)) {
                assertThat(Ruleset.ofPaths(List.of())
                                .degrade(abi)
                                .ruleset()
                                .handledFs()
                                .list(FsRight.values()))
                        .contains(FsRight.REMOVE_FILE, FsRight.REMOVE_DIR);
            }
        }
    }

    @Test
    void aPortInARuleClosesEveryOtherPortInBothDirections() {
        Ruleset ruleset = Ruleset.NOTHING.withPorts(List.of(new PortRule(443, Rights.of(NetRight.CONNECT_TCP))));
        Model model = new Model(Abi.V10, List.of(ruleset));
        assertThat(model.port(443, NetRight.CONNECT_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.port(443, NetRight.BIND_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(model.port(443, NetRight.CONNECT_SEND_UDP)).isEqualTo(Verdict.EACCES);
        assertThat(model.port(80, NetRight.CONNECT_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(new Model(Abi.V10, List.of(Ruleset.ofPaths(List.of()))).port(80, NetRight.CONNECT_TCP))
                .isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void referOnAKernelWithoutItCostsReferAndNothingElse() {
        // A peer drops the whole ruleset here, and reports success.
        Ruleset ruleset = Ruleset.ofPaths(List.of(directory("/a", FsRight.READ_FILE, FsRight.REFER)))
                .withPorts(List.of(new PortRule(80, Rights.of(NetRight.BIND_TCP))));
        Degraded old = ruleset.degrade(Abi.V1);
        assertThat(old.ruleset().paths()).containsExactly(directory("/a", FsRight.READ_FILE));
        assertThat(old.ruleset().handledFs().bits()).isEqualTo(0x1fff);
        assertThat(old.losses())
                .containsExactly(
                        new Loss.Ungrantable(FsRight.REFER),
                        new Loss.Unenforced(FsRight.TRUNCATE),
                        new Loss.Unenforced(FsRight.IOCTL_DEV),
                        new Loss.Unenforced(FsRight.RESOLVE_UNIX),
                        new Loss.Unenforced(NetRight.BIND_TCP),
                        new Loss.Unenforced(NetRight.CONNECT_TCP),
                        new Loss.Unenforced(NetRight.BIND_UDP),
                        new Loss.Unenforced(NetRight.CONNECT_SEND_UDP));
        assertThat(ruleset.degrade(Abi.V4).ruleset().ports())
                .containsExactly(new PortRule(80, Rights.of(NetRight.BIND_TCP)));
        assertThat(ruleset.degrade(Abi.V2).losses()).doesNotContain(new Loss.Ungrantable(FsRight.REFER));
    }

    @Test
    void aTighterSandboxStillHoldsAndAHoleDoesNot() {
        PathRule everything = new PathRule(FilePath.ROOT, true, Ruleset.ALL_FS, PathRule.Presence.REQUIRED);
        assertThat(Ruleset.ofPaths(List.of(everything)).degrade(Abi.V1).holds()).isTrue();
        assertThat(Ruleset.ofPaths(List.of(everything)).degrade(Abi.V1).losses())
                .containsExactly(new Loss.Ungrantable(FsRight.REFER));
        assertThat(Ruleset.ofPaths(List.of(everything)).degrade(Abi.V9).losses())
                .isEmpty();
        assertThat(Ruleset.ofPaths(List.of(directory("/", FsRight.READ_FILE)))
                        .degrade(Abi.V2)
                        .holds())
                .isFalse();
        assertThat(Ruleset.NOTHING
                        .withScopes(Ruleset.ALL_SCOPES)
                        .degrade(Abi.V5)
                        .holds())
                .isFalse();
        assertThat(Ruleset.NOTHING
                        .withScopes(Ruleset.ALL_SCOPES)
                        .degrade(Abi.V6)
                        .holds())
                .isTrue();
    }

    @Test
    void withoutLandlockNothingIsLeftAndEverythingIsReported() {
        Degraded none = Ruleset.ofPaths(List.of())
                .withPorts(List.of())
                .withScopes(Ruleset.ALL_SCOPES)
                .degrade(Abi.NONE);
        assertThat(none.ruleset()).isEqualTo(Ruleset.NOTHING);
        assertThat(none.losses()).hasSize(17 + 4 + 2).allMatch(Loss.Unenforced.class::isInstance);
    }

    @Test
    void aRuleOnAFileMayTruncateButNotWhatOnlyDirectoriesCan() {
        assertThat(new PathRule(A, false, FsRight.ON_FILES, PathRule.Presence.REQUIRED)
                        .allowed()
                        .has(FsRight.TRUNCATE))
                .isTrue();
        assertThatThrownBy(() -> new PathRule(
                        A, false, Rights.of(FsRight.READ_FILE, FsRight.READ_DIR), PathRule.Presence.REQUIRED))
                .hasMessage("/a is no directory, where [READ_DIR] mean nothing");
    }

    @Test
    void rulesThatTheKernelWouldRefuseAreNotMade() {
        assertThatThrownBy(() -> new PathRule(A, true, Rights.none(), PathRule.Presence.REQUIRED))
                .hasMessageContaining("grants nothing");
        assertThatThrownBy(() -> new PathRule(FilePath.of("a"), true, Ruleset.ALL_FS, PathRule.Presence.REQUIRED))
                .hasMessageContaining("not absolute");
        assertThatThrownBy(() -> new PortRule(65536, Ruleset.ALL_NET)).hasMessageContaining("65536 is no port");
        assertThatThrownBy(() -> new PortRule(-1, Ruleset.ALL_NET)).hasMessageContaining("-1 is no port");
        assertThatThrownBy(() -> new PortRule(80, Rights.none())).hasMessageContaining("grants nothing");
        assertThatThrownBy(() -> new Ruleset(
                        Rights.of(FsRight.READ_FILE),
                        Rights.none(),
                        Rights.none(),
                        List.of(directory("/a", FsRight.WRITE_FILE)),
                        List.of()))
                .hasMessageContaining("not handled");
    }

    /** Whatever a version knows is decided as by the newest; whatever it does not is reported unless it makes no difference. */
    @Test
    void anOlderVersionLosesWhatItDoesNotKnowAndNoMore() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            Ruleset ruleset = random(random);
            Model newest = new Model(Abi.LATEST, List.of(ruleset));
            for (Abi abi : Abi.values()) {
                Rights<FsRight> known = Rights.known(FsRight.values(), abi);
                Degraded degraded = ruleset.degrade(abi);
                assertThat(degraded.ruleset().degrade(abi).losses()).isEmpty();
                Model older = new Model(abi, List.of(degraded.ruleset()));
                Rights<FsRight> wrong = Rights.none();
                for (String path : PATHS) {
                    Rights<FsRight> now = older.rights(FilePath.of(path));
                    Rights<FsRight> wanted = newest.rights(FilePath.of(path));
                    assertThat(now.and(known))
                            .as("seed %d round %d %s", seed, round, path)
                            .isEqualTo(wanted.and(known));
                    wrong = wrong.plus(now.minus(wanted)).plus(wanted.minus(now));
                }
                for (FsRight right : wrong.list(FsRight.values())) {
                    assertThat(degraded.losses())
                            .as("seed %d round %d %s", seed, round, abi)
                            .anyMatch(loss -> loss.right() == right);
                }
            }
        }
    }

    private static final List<String> PATHS = List.of("/", "/a", "/a/b", "/a/b/c", "/a/d", "/e", "/e/f");

    private static Ruleset random(Random random) {
        List<PathRule> rules = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            Rights<FsRight> allowed = new Rights<>(1 + random.nextInt((int) Ruleset.ALL_FS.bits()));
            rules.add(new PathRule(
                    FilePath.of(PATHS.get(random.nextInt(PATHS.size()))), true, allowed, PathRule.Presence.REQUIRED));
        }
        return Ruleset.ofPaths(rules);
    }

    static PathRule directory(String path, FsRight... rights) {
        return new PathRule(FilePath.of(path), true, Rights.of(rights), PathRule.Presence.REQUIRED);
    }
}
