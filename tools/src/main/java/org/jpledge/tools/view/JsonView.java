package org.jpledge.tools.view;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.text.ByteText;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Words;

/** Events as JSON, one object a line: docs/trace-json.md says what is in them. */
public final class JsonView {
    private final Function<Syscall, Json.Members> needs;

    /**
     * A view.
     *
     * @param needs what a call needs, in its member {@code needs}; without members, the call has no such member
     */
    public JsonView(Function<Syscall, Json.Members> needs) {
        this.needs = needs;
    }

    /**
     * The line of an event.
     *
     * @param event the event
     * @return one JSON object and the line's end, all of it ASCII
     */
    public String line(Event event) {
        Json.Members line = new Json.Members();
        line.with("event", kind(event));
        line.with("at", new Json.Seconds(event.at()));
        line.with("process", new Json.Whole(event.task().process()));
        line.with("thread", new Json.Whole(event.task().thread()));
        switch (event) {
            case Syscall call -> call(line, call);
            case Event.Signalled signalled ->
                line.with("signal", signalled.signal()).with("detail", signalled.detail());
            case Event.Executed executed -> bytes(line, "program", executed.program());
            case Event.Started started -> line.with("parent", new Json.Whole(started.parent()));
            case Event.Ended ended ->
                line.with("status", new Json.Whole(ended.status())).with("signal", ended.signal());
        }
        return Json.text(line);
    }

    private static String kind(Event event) {
        return switch (event) {
            case Syscall _ -> "syscall";
            case Event.Signalled _ -> "signalled";
            case Event.Executed _ -> "executed";
            case Event.Started _ -> "started";
            case Event.Ended _ -> "ended";
        };
    }

    private void call(Json.Members line, Syscall call) {
        line.with("arch", call.arch().label());
        line.with("number", new Json.Whole(call.number()));
        line.with("call", call.name());
        List<Json.Value> arguments = new ArrayList<>();
        for (Argument argument : call.arguments()) {
            arguments.add(argument(argument));
        }
        line.with("arguments", new Json.Items(arguments));
        line.with("result", outcome(call.outcome()));
        line.with("seconds", call.nanos() < 0 ? new Json.Nothing() : new Json.Seconds(call.nanos()));
        line.with("early", new Json.Truth(call.early()));
        line.with("address", hex(call.address()));
        Json.Members needed = needs.apply(call);
        if (!needed.members().isEmpty()) {
            line.with("needs", needed);
        }
    }

    private static String hex(long number) {
        return "0x" + Long.toHexString(number);
    }

    /** A member of bytes: as text, and where they are no text in hexadecimal besides. */
    private static void bytes(Json.Members to, String name, String bytes) {
        to.with(name, ByteText.text(bytes));
        if (!ByteText.isUtf8(bytes)) {
            to.with(name + "_hex", HexFormat.of().formatHex(Words.bytes(bytes)));
        }
    }

    private static Json.Members argument(Argument argument) {
        Json.Members to = new Json.Members();
        to.with("name", argument.name());
        to.with("raw", hex(argument.raw()));
        switch (argument) {
            case Argument.Whole whole -> to.with("kind", "number").with("value", new Json.Whole(whole.value()));
            case Argument.Symbols symbols -> to.with("kind", "symbols").with("text", symbols.text());
            case Argument.Address _ -> to.with("kind", "address");
            case Argument.Descriptor descriptor -> {
                to.with("kind", "descriptor").with("number", new Json.Whole(descriptor.number()));
                bytes(to, "what", descriptor.what());
            }
            case Argument.PathName path -> {
                to.with("kind", "path");
                bytes(to, "written", path.written());
                bytes(to, "absolute", path.absolute());
                bytes(to, "file", path.file());
            }
            case Argument.Data data -> {
                to.with("kind", "data");
                bytes(to, "bytes", data.bytes());
                to.with("length", new Json.Whole(data.length()));
            }
            case Argument.Socket socket -> to.with("kind", "socket").with("endpoint", endpoint(socket.endpoint()));
            case Argument.Structure structure -> structure(to, structure);
            case Argument.Strings strings -> strings(to, strings);
        }
        return to;
    }

    private static void structure(Json.Members to, Argument.Structure structure) {
        List<Json.Value> fields = new ArrayList<>();
        boolean more = false;
        for (Argument.Field field : structure.fields()) {
            if (field.name().isEmpty() && field.text().isEmpty()) {
                more = true;
            } else {
                Json.Members one = new Json.Members().with("name", field.name());
                bytes(one, "text", field.text());
                fields.add(one);
            }
        }
        List<Json.Value> peers = new ArrayList<>();
        for (Endpoint peer : structure.peers()) {
            peers.add(endpoint(peer));
        }
        to.with("kind", "structure").with("fields", new Json.Items(fields));
        to.with("more", new Json.Truth(more)).with("peers", new Json.Items(peers));
    }

    private static void strings(Json.Members to, Argument.Strings strings) {
        List<String> items = new ArrayList<>();
        List<String> hex = new ArrayList<>();
        boolean exact = true;
        for (String item : strings.items()) {
            items.add(ByteText.text(item));
            hex.add(HexFormat.of().formatHex(Words.bytes(item)));
            exact &= ByteText.isUtf8(item);
        }
        to.with("kind", "strings").with("items", items);
        if (!exact) {
            to.with("items_hex", hex);
        }
        to.with("count", new Json.Whole(strings.count()));
    }

    private static Json.Members endpoint(Endpoint endpoint) {
        Json.Members to = new Json.Members();
        switch (endpoint) {
            case Endpoint.Internet internet ->
                to.with("family", internet.family())
                        .with("host", internet.host())
                        .with("port", new Json.Whole(internet.port()));
            case Endpoint.Local local -> {
                to.with("family", "AF_UNIX");
                bytes(to, "path", local.path());
                to.with("abstract", new Json.Truth(local.isAbstract()));
                bytes(to, "file", local.file());
            }
            case Endpoint.Netlink netlink ->
                to.with("family", "AF_NETLINK")
                        .with("port", new Json.Whole(netlink.port()))
                        .with("groups", new Json.Whole(netlink.groups()));
            case Endpoint.Other other -> to.with("family", other.family());
        }
        return to;
    }

    private static Json.Members outcome(Outcome outcome) {
        Json.Members to = new Json.Members();
        switch (outcome) {
            case Outcome.Returned(long value, String meaning) -> {
                to.with("outcome", "returned").with("value", new Json.Whole(value));
                bytes(to, "meaning", meaning);
            }
            case Outcome.Failed(String errno) -> to.with("outcome", "failed").with("errno", errno);
            case Outcome.Restarted(String reason) ->
                to.with("outcome", "restarted").with("reason", reason);
            case Outcome.Unfinished _ -> to.with("outcome", "unfinished");
        }
        return to;
    }
}
