package org.jpledge.launch;

/** What only the confined process itself knows, and a launcher writes into its filters. */
public enum Credential {
    /** Process id. */
    PID,
    /** Effective user id. */
    UID,
    /** Effective group id. */
    GID
}
