package org.jpledge.landlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RightTest {
    private static final List<Right> ALL = all();

    private static List<Right> all() {
        List<Right> all = new ArrayList<>();
        all.addAll(List.of(FsRight.values()));
        all.addAll(List.of(NetRight.values()));
        all.addAll(List.of(Scope.values()));
        all.addAll(List.of(RestrictFlag.values()));
        return all;
    }

    @Test
    void bitsAreInOrderWithoutGaps() {
        for (Right[] sort :
                List.<Right[]>of(FsRight.values(), NetRight.values(), Scope.values(), RestrictFlag.values())) {
            for (int i = 0; i < sort.length; i++) {
                assertThat(sort[i].bit()).as(sort[i].uapi()).isEqualTo(i);
            }
        }
    }

    @Test
    void everyVersionIsAsTheKernelsHistoryHasIt() {
        assertThat(fs(Abi.NONE)).isZero();
        assertThat(fs(Abi.V1)).isEqualTo(0x1fff);
        assertThat(fs(Abi.V2)).isEqualTo(0x3fff);
        assertThat(fs(Abi.V3)).isEqualTo(0x7fff);
        assertThat(fs(Abi.V4)).isEqualTo(0x7fff);
        assertThat(fs(Abi.V5)).isEqualTo(0xffff);
        assertThat(fs(Abi.V8)).isEqualTo(0xffff);
        assertThat(fs(Abi.V9)).isEqualTo(0x1ffff);
        assertThat(net(Abi.V3)).isZero();
        assertThat(net(Abi.V4)).isEqualTo(3);
        assertThat(net(Abi.V9)).isEqualTo(3);
        assertThat(net(Abi.V10)).isEqualTo(15);
        assertThat(Rights.known(Scope.values(), Abi.V5).bits()).isZero();
        assertThat(Rights.known(Scope.values(), Abi.V6).bits()).isEqualTo(3);
        assertThat(Rights.known(RestrictFlag.values(), Abi.V6).bits()).isZero();
        assertThat(Rights.known(RestrictFlag.values(), Abi.V7).bits()).isEqualTo(7);
        assertThat(Rights.known(RestrictFlag.values(), Abi.V8).bits()).isEqualTo(15);
        assertThat(Rights.known(RestrictFlag.values(), Abi.V11).bits()).isEqualTo(31);
    }

    @Test
    void rulesOnFilesMayCarrySixRights() {
        assertThat(FsRight.ON_FILES.bits()).isEqualTo(1 | 2 | 4 | 1 << 14 | 1 << 15 | 1 << 16);
    }

    @Test
    void versionsFollowEachOther() {
        Abi[] versions = Abi.values();
        for (int i = 0; i < versions.length; i++) {
            assertThat(versions[i].version()).isEqualTo(i);
            assertThat(Abi.of(i)).isEqualTo(versions[i]);
        }
    }

    @Test
    void aKernelWithoutLandlockHasNoneAndANewerOneHasTheLatest() {
        assertThat(Abi.of(-38)).isEqualTo(Abi.NONE); // ENOSYS
        assertThat(Abi.of(-95)).isEqualTo(Abi.NONE); // EOPNOTSUPP
        assertThat(Abi.of(12)).isEqualTo(Abi.V11);
        assertThat(Abi.of(1000)).isEqualTo(Abi.V11);
    }

    /** The header here may be older than our table: what it has must agree, and it has nothing that we do not know. */
    @Test
    void theMachinesOwnHeaderAgrees() throws IOException {
        Path header = Path.of("/usr/include/linux/landlock.h");
        assumeTrue(Files.exists(header), "no " + header + ": install linux-libc-dev");
        Matcher define = Pattern.compile(
                        "#define\\s+(LANDLOCK_(?:ACCESS|SCOPE|RESTRICT_SELF)_\\w+)\\s+\\(1U(?:LL)? << (\\d+)\\)")
                .matcher(Files.readString(header));
        int found = 0;
        while (define.find()) {
            String name = define.group(1);
            assertThat(ALL)
                    .filteredOn(right -> right.uapi().equals(name))
                    .as(name)
                    .singleElement()
                    .extracting(Right::bit)
                    .isEqualTo(Integer.valueOf(define.group(2)));
            found++;
        }
        assertThat(found).isGreaterThanOrEqualTo(13);
    }

    private static long fs(Abi abi) {
        return Rights.known(FsRight.values(), abi).bits();
    }

    private static long net(Abi abi) {
        return Rights.known(NetRight.values(), abi).bits();
    }
}
