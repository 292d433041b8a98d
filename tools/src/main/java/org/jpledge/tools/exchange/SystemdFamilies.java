package org.jpledge.tools.exchange;

import java.util.List;

/** The address families that systemd has names for, each number once. */
final class SystemdFamilies {
    /** As in address_families(7). */
    static final List<String> NAMES = List.of(
            "AF_UNIX",
            "AF_INET",
            "AF_INET6",
            "AF_NETLINK",
            "AF_PACKET",
            "AF_VSOCK",
            "AF_ALG",
            "AF_BLUETOOTH",
            "AF_CAN",
            "AF_XDP",
            "AF_TIPC",
            "AF_KCM",
            "AF_KEY",
            "AF_RDS",
            "AF_QIPCRTR",
            "AF_SMC",
            "AF_NFC",
            "AF_PPPOX",
            "AF_LLC",
            "AF_IB",
            "AF_MPLS",
            "AF_IUCV",
            "AF_RXRPC",
            "AF_ISDN",
            "AF_PHONET",
            "AF_IEEE802154",
            "AF_CAIF",
            "AF_APPLETALK",
            "AF_AX25",
            "AF_IPX",
            "AF_X25",
            "AF_ROSE",
            "AF_DECnet",
            "AF_ATMPVC",
            "AF_ATMSVC",
            "AF_NETROM",
            "AF_BRIDGE",
            "AF_SECURITY",
            "AF_ASH",
            "AF_ECONET",
            "AF_SNA",
            "AF_IRDA",
            "AF_WANPIPE");

    private SystemdFamilies() {}
}
