package org.jpledge.landlock;

import static org.jpledge.landlock.Abi.V10;
import static org.jpledge.landlock.Abi.V4;

/** Rights on ports: {@code LANDLOCK_ACCESS_NET_*}. */
public enum NetRight implements Right {
    /** Bind a TCP socket to a port of one's own. */
    BIND_TCP(0, V4),
    /** Connect a TCP socket to somebody's port. */
    CONNECT_TCP(1, V4),
    /** Bind a UDP socket to a port of one's own. */
    BIND_UDP(2, V10),
    /** Connect a UDP socket to somebody's port, or send there. */
    CONNECT_SEND_UDP(3, V10);

    private final int bit;
    private final Abi since;

    NetRight(int bit, Abi since) {
        this.bit = bit;
        this.since = since;
    }

    @Override
    public int bit() {
        return bit;
    }

    @Override
    public Abi since() {
        return since;
    }

    @Override
    public String uapi() {
        return "LANDLOCK_ACCESS_NET_" + name();
    }
}
