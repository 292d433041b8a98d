package org.jpledge.landlock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The structures of {@code linux/landlock.h} as bytes, and the numbers that go with them. */
public final class Encoding {
    /** Flag of {@code landlock_create_ruleset}: ask for the version. */
    public static final int CREATE_RULESET_VERSION = 1;

    /** Flag of {@code landlock_create_ruleset}: ask which bugs are fixed. */
    public static final int CREATE_RULESET_ERRATA = 2;

    /** Rule type of {@code landlock_add_rule}: {@link #pathBeneathAttr}. */
    public static final int RULE_PATH_BENEATH = 1;

    /** Rule type of {@code landlock_add_rule}: {@link #netPortAttr}. */
    public static final int RULE_NET_PORT = 2;

    /** Flag of {@code landlock_add_rule}, from {@link Abi#V10}: refusals here are not logged. */
    public static final int ADD_RULE_QUIET = 1;

    /** Where the descriptor of the file stands in {@link #pathBeneathAttr}: it is known late. */
    public static final int PARENT_FD_OFFSET = 8;

    private static final int PATH_BENEATH_SIZE = 12;
    private static final int NET_PORT_SIZE = 16;
    private static final int NET_OFFSET = 8;
    private static final int SCOPED_OFFSET = 16;

    private Encoding() {}

    /**
     * {@code struct landlock_ruleset_attr}: as long as the version has it, with nothing quiet.
     *
     * @param degraded a ruleset for a version
     * @param order the processor's byte order
     * @return the bytes
     * @throws IllegalArgumentException if there is nothing to enforce
     */
    public static byte[] rulesetAttr(Degraded degraded, ByteOrder order) {
        Ruleset ruleset = degraded.ruleset();
        if (ruleset.isNothing()) {
            throw new IllegalArgumentException("the kernel takes no ruleset that restricts nothing");
        }
        int size = degraded.abi().rulesetAttrSize();
        ByteBuffer attr = ByteBuffer.allocate(size).order(order);
        attr.putLong(0, ruleset.handledFs().bits());
        if (size > NET_OFFSET) {
            attr.putLong(NET_OFFSET, ruleset.handledNet().bits());
        }
        if (size > SCOPED_OFFSET) {
            attr.putLong(SCOPED_OFFSET, ruleset.scoped().bits());
        }
        return attr.array();
    }

    /**
     * {@code struct landlock_path_beneath_attr}, which is packed.
     *
     * @param allowed what is granted
     * @param parent the descriptor of the file or directory
     * @param order the processor's byte order
     * @return the bytes
     */
    public static byte[] pathBeneathAttr(Rights<FsRight> allowed, int parent, ByteOrder order) {
        ByteBuffer attr = ByteBuffer.allocate(PATH_BENEATH_SIZE).order(order);
        attr.putLong(0, allowed.bits());
        attr.putInt(PARENT_FD_OFFSET, parent);
        return attr.array();
    }

    /**
     * {@code struct landlock_net_port_attr}.
     *
     * @param rule the rule
     * @param order the processor's byte order, in which the port stands too
     * @return the bytes
     */
    public static byte[] netPortAttr(PortRule rule, ByteOrder order) {
        ByteBuffer attr = ByteBuffer.allocate(NET_PORT_SIZE).order(order);
        attr.putLong(0, rule.allowed().bits());
        attr.putLong(NET_OFFSET, rule.port());
        return attr.array();
    }
}
