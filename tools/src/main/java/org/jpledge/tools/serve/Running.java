package org.jpledge.tools.serve;

import org.jpledge.linux.RunningProcess;
import org.jpledge.tools.decode.SignalName;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/**
 * A program that the server has started for a client, and that has not ended. Thread safe.
 *
 * @param number its number among all runs of this server
 * @param task what it was to be
 * @param client the process that asked for it
 * @param begun when, by {@link System#nanoTime}
 * @param process the program
 */
record Running(int number, Runs.Task task, int client, long begun, RunningProcess process) {
    /** What the client gets when it has ended. */
    Json.Members ended(RunningProcess.End end) {
        return new Json.Members()
                .with("run", new Json.Whole(number))
                .with("pid", new Json.Whole(process.pid()))
                .with("status", new Json.Whole(end.status()))
                .with("signal", end.signal() == 0 ? new Json.Nothing() : new Json.Text(SignalName.of(end.signal())))
                .with("seconds", seconds());
    }

    /** How it is listed. */
    Json.Members listed() {
        return new Json.Members()
                .with("run", new Json.Whole(number))
                .with("pid", new Json.Whole(process.pid()))
                .with("method", task.method())
                .with("command", task.command().stream().map(Words::readable).toList())
                .with("client", new Json.Whole(client))
                .with("detached", new Json.Truth(task.detached()))
                .with("seconds", seconds());
    }

    private Json.Value seconds() {
        return new Json.Seconds(System.nanoTime() - begun);
    }
}
