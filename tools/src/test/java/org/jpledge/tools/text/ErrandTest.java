package org.jpledge.tools.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that another process could not mean. */
class ErrandTest {
    @TempDir
    Path directory;

    private String link(String name, String target) throws IOException {
        return Files.createSymbolicLink(directory.resolve(name), Path.of(target))
                .toString();
    }

    @Test
    void theWayThroughLinksIsFollowedAsTheKernelDoes() throws Exception {
        Optional<Path> self = Optional.of(Path.of("/proc/self"));
        assertThat(Errand.own("/proc/self/fd/3")).isEqualTo(self);
        assertThat(Errand.own("/proc/thread-self/fd/3")).contains(Path.of("/proc/thread-self"));
        assertThat(Errand.own("/dev/stdin")).isEqualTo(self);
        assertThat(Errand.own("//dev/./fd/3")).isEqualTo(self);
        String first = link("first", "/dev/fd");
        assertThat(Errand.own(first + "/3")).isEqualTo(self);
        assertThat(Errand.own(link("second", "first/4"))).isEqualTo(self);
        String up = "../".repeat(directory.getNameCount());
        assertThat(Errand.own(link("up", up + "proc/self/environ"))).isEqualTo(self);
        assertThat(Errand.own(directory + "/missing/" + up + "../proc/self")).isEqualTo(self);
        assertThat(Errand.own("proc/self")).isEmpty();
        assertThat(Errand.own("/proc/1/fd/3")).isEmpty();
        assertThat(Errand.own("/proc/selfish")).isEmpty();
        assertThat(Errand.own(link("plain", "file"))).isEmpty();
        assertThat(Errand.own(link("s\u00e9".substring(0, 1), "/proc/1/status")))
                .isEmpty();
        assertThat(Errand.own("a\u00fc/b")).isEmpty();
        link("round", "round");
        assertThat(Errand.own(directory + "/round/x")).isEmpty();
    }

    @Test
    void itHoldsForErrandsAlone() throws Exception {
        Errand.check("/dev/stdin");
        Errand.check("/dev/null");
        assertThat(Errand.isUnderWay()).isFalse();
        assertThat(Errand.run(Errand::isUnderWay)).isTrue();
        for (String wrong : new String[] {"/dev/stdin", "/dev/null", "/proc/self/environ"}) {
            assertThatThrownBy(() -> Errand.run(() -> {
                        Errand.check(wrong);
                        return wrong;
                    }))
                    .isInstanceOf(IOException.class);
        }
        Path file = Files.writeString(directory.resolve("file"), "x");
        String link = link("link", "file");
        Errand.run(() -> {
            Errand.check(file.toString());
            Errand.check(link);
            Errand.check(directory + "/missing");
            return link;
        });
    }
}
