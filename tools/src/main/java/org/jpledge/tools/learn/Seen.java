package org.jpledge.tools.learn;

import org.jpledge.tools.need.Need;

/**
 * Calls that need the same.
 *
 * @param call the system call's name
 * @param need what it needs
 * @param outcome empty if it succeeded; otherwise the error's name
 * @param count how many there were
 * @param example the first of them, as text
 */
public record Seen(String call, Need need, String outcome, long count, String example) {
    Seen counted(long more) {
        return new Seen(call, need, outcome, count + more, example);
    }
}
