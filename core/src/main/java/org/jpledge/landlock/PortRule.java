package org.jpledge.landlock;

/**
 * Rights on a port.
 *
 * @param port from 0 to 65535; binding to 0 is asking for any free port
 * @param allowed what is granted, at least one right
 */
public record PortRule(int port, Rights<NetRight> allowed) {
    /** The highest port. */
    public static final int HIGHEST = 65535;

    /** Checks what the kernel would refuse. */
    public PortRule {
        if (port < 0 || port > HIGHEST) {
            throw new IllegalArgumentException(port + " is no port: 0 to " + HIGHEST);
        }
        if (allowed.isEmpty()) {
            throw new IllegalArgumentException("a rule on port " + port + " that grants nothing");
        }
    }
}
