package org.jpledge.landlock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncodingTest {
    private static final Ruleset FULL =
            Ruleset.ofPaths(List.of()).withPorts(List.of()).withScopes(Ruleset.ALL_SCOPES);

    @Test
    void aRulesetIsAsLongAsItsVersionHasIt() {
        assertThat(attr(Abi.V1)).isEqualTo("ff1f000000000000");
        assertThat(attr(Abi.V2)).isEqualTo("ff3f000000000000");
        assertThat(attr(Abi.V3)).isEqualTo("ff7f000000000000");
        assertThat(attr(Abi.V4)).isEqualTo("ff7f000000000000" + "0300000000000000");
        assertThat(attr(Abi.V5)).isEqualTo("ffff000000000000" + "0300000000000000");
        assertThat(attr(Abi.V7)).isEqualTo("ffff000000000000" + "0300000000000000" + "0300000000000000");
        assertThat(attr(Abi.V9)).isEqualTo("ffff010000000000" + "0300000000000000" + "0300000000000000");
        assertThat(attr(Abi.V10))
                .isEqualTo("ffff010000000000" + "0f00000000000000" + "0300000000000000" + "00".repeat(24));
        assertThat(attr(Abi.V11)).isEqualTo(attr(Abi.V10));
    }

    @Test
    void aRulesetThatRestrictsNothingIsNotEncoded() {
        assertThatThrownBy(() -> attr(Abi.NONE)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPathRuleIsPacked() {
        assertThat(hex(Encoding.pathBeneathAttr(
                        Rights.of(FsRight.READ_FILE, FsRight.TRUNCATE), 7, ByteOrder.LITTLE_ENDIAN)))
                .isEqualTo("0440000000000000" + "07000000");
        assertThat(hex(Encoding.pathBeneathAttr(Rights.of(FsRight.READ_FILE), 7, ByteOrder.BIG_ENDIAN)))
                .isEqualTo("0000000000000004" + "00000007");
    }

    @Test
    void aPortIsInTheProcessorsByteOrder() {
        PortRule https = new PortRule(443, Rights.of(NetRight.CONNECT_TCP));
        assertThat(hex(Encoding.netPortAttr(https, ByteOrder.LITTLE_ENDIAN)))
                .isEqualTo("0200000000000000" + "bb01000000000000");
        assertThat(hex(Encoding.netPortAttr(https, ByteOrder.BIG_ENDIAN)))
                .isEqualTo("0000000000000002" + "00000000000001bb");
    }

    private static String attr(Abi abi) {
        return hex(Encoding.rulesetAttr(FULL.degrade(abi), ByteOrder.LITTLE_ENDIAN));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
