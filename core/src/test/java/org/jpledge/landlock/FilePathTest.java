package org.jpledge.landlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FilePathTest {
    @Test
    void textIsUtf8AndReadsBack() {
        FilePath path = FilePath.of("/srv/Bücher/日本");
        assertThat(path.bytes()).isEqualTo("/srv/Bücher/日本".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(path).hasToString("/srv/Bücher/日本");
        assertThat(FilePath.of(path.bytes())).isEqualTo(path);
    }

    @Test
    void bytesThatAreNoTextAreKeptAndShownEscaped() {
        byte[] bytes = {'/', (byte) 0xff, 'a', (byte) 0xc3, '\n', 0x1b, (byte) 0xc2, (byte) 0x9b};
        FilePath path = FilePath.of(bytes);
        assertThat(path.bytes()).isEqualTo(bytes);
        assertThat(path).hasToString("/\\xffa\\xc3\\x0a\\x1b\\xc2\\x9b");
    }

    @Test
    void aNulAndHalfASurrogatePairAreRefused() {
        assertThatThrownBy(() -> FilePath.of("/a\0b")).hasMessageContaining("NUL");
        assertThatThrownBy(() -> FilePath.of(new byte[] {'/', 0})).hasMessageContaining("NUL");
        assertThatThrownBy(() -> FilePath.of("/\ud800")).hasMessageContaining("surrogate");
    }

    @Test
    void theDirectoryAboveIsKnownByTheText() {
        assertThat(FilePath.of("/a/b").parent()).contains(FilePath.of("/a"));
        assertThat(FilePath.of("/a").parent()).contains(FilePath.ROOT);
        assertThat(FilePath.ROOT.parent()).isEmpty();
        assertThat(FilePath.of("/a/b").name()).isEqualTo(FilePath.of("b"));
        assertThat(FilePath.ROOT.child(FilePath.of("a"))).isEqualTo(FilePath.of("/a"));
        assertThat(FilePath.of("/a").child(FilePath.of("b"))).isEqualTo(FilePath.of("/a/b"));
    }

    @Test
    void whatLiesBelowIsDecidedByWholeNames() {
        assertThat(FilePath.of("/a/b").isBelow(FilePath.of("/a"))).isTrue();
        assertThat(FilePath.of("/a").isBelow(FilePath.ROOT)).isTrue();
        assertThat(FilePath.of("/ab").isBelow(FilePath.of("/a"))).isFalse();
        assertThat(FilePath.of("/a").isBelow(FilePath.of("/a"))).isFalse();
        assertThat(FilePath.ROOT.isBelow(FilePath.ROOT)).isFalse();
        assertThat(FilePath.of("/a").isBelow(FilePath.of("/a/b"))).isFalse();
    }
}
