package org.jpledge.tools.need;

/**
 * A port of the Internet that is used.
 *
 * @param connect whether it is somebody else's, connected or sent to; otherwise it is the program's own
 * @param protocol {@code tcp} or {@code udp}; empty where the call does not show it
 * @param port from 0 to 65535; as an own one, 0 is any that the kernel picks
 */
public record PortUse(boolean connect, String protocol, int port) {}
