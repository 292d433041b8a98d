package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.unveil.OpenBsd.Answer.EACCES;
import static org.jpledge.unveil.OpenBsd.Answer.ENOENT;
import static org.jpledge.unveil.OpenBsd.Answer.OK;

import org.jpledge.landlock.FilePath;
import org.junit.jupiter.api.Test;

/** The reference is held against examples that the statements name, before anything is held against the reference. */
class OpenBsdTest {
    private final MemoryTree tree =
            MemoryTree.of("/usr/bin/id", "/usr/share/man/man1/ls.1", "/dev/null", "/dev/zero", "/tmp/d/f");
    private final OpenBsd kernel = new OpenBsd(tree, FilePath.of("/tmp"));

    @Test
    void devicesBelowAReadableRoot() {
        unveil("/", "r");
        unveil("/dev/null", "rw");
        assertThat(open("/dev/null", true, true)).isEqualTo(OK);
        assertThat(open("/dev/zero", true, false)).isEqualTo(OK);
        assertThat(open("/dev/zero", true, true)).isEqualTo(EACCES);
    }

    @Test
    void intermediateDirectoriesAreWalkedThroughButNotSeen() {
        unveil("/usr/bin/id", "rx");
        assertThat(answer(Operation.Call.EXECUTE, "/usr/bin/id")).isEqualTo(OK);
        assertThat(answer(Operation.Call.STAT, "/usr/bin")).isEqualTo(ENOENT);
        unveil("/", "r");
        assertThat(answer(Operation.Call.STAT, "/usr/bin")).isEqualTo(OK);
        unveil("/usr/bin", "");
        assertThat(answer(Operation.Call.STAT, "/usr/bin")).isEqualTo(ENOENT);
        assertThat(answer(Operation.Call.EXECUTE, "/usr/bin/id")).isEqualTo(OK);
    }

    @Test
    void theNameInItsDirectoryComesFirstEvenWithLess() {
        unveil("d", "rwc");
        unveil("d/f", "");
        assertThat(open("d/f", true, false)).isEqualTo(EACCES);
        assertThat(answer(Operation.Call.UNLINK, "d/f")).isEqualTo(EACCES);
        assertThat(answer(Operation.Call.MKDIR, "d/new")).isEqualTo(OK);
        unveil("d/f", "r");
        assertThat(open("d/f", true, false)).as("the same path again replaces").isEqualTo(OK);
        assertThat(open("d/f", true, true)).isEqualTo(EACCES);
    }

    @Test
    void linksAreJudgedWhereTheySitAndFollowedToTheirTarget() {
        tree.link("/tmp/in", "/usr/bin/id").link("/usr/share/out", "/dev/zero");
        unveil("/usr", "r");
        assertThat(open("/tmp/in", true, false)).isEqualTo(OK);
        assertThat(answer(Operation.Call.READLINK, "/tmp/in")).isEqualTo(ENOENT);
        assertThat(open("/usr/share/out", true, false)).isEqualTo(ENOENT);
        assertThat(answer(Operation.Call.READLINK, "/usr/share/out")).isEqualTo(OK);
        assertThat(open("/usr/share//./man/../../bin/id", true, false)).isEqualTo(OK);
    }

    @Test
    void aMissingNameIsRememberedAndAMissingDirectoryIsNot() {
        assertThat(kernel.unveil(FilePath.of("d/new"), Permissions.parse("rwc")))
                .isTrue();
        assertThat(kernel.unveil(FilePath.of("e/new"), Permissions.parse("rwc")))
                .isFalse();
        assertThat(kernel.unveil(FilePath.of("d/f/new"), Permissions.parse("rwc")))
                .isFalse();
        assertThat(answer(Operation.Call.MKDIR, "d/new")).isEqualTo(OK);
        assertThat(answer(Operation.Call.MKDIR, "d/newer")).isEqualTo(ENOENT);
    }

    private void unveil(String path, String permissions) {
        assertThat(kernel.unveil(FilePath.of(path), Permissions.parse(permissions)))
                .isTrue();
    }

    private OpenBsd.Answer answer(Operation.Call call, String path) {
        return kernel.check(Operation.of(call, FilePath.of(path)));
    }

    private OpenBsd.Answer open(String path, boolean read, boolean write) {
        return kernel.check(Operation.open(FilePath.of(path), new Operation.Flags(read, write, false, false)));
    }
}
