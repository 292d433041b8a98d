package org.jpledge.tools.serve;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonReading;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Utf8;

/**
 * JSON-RPC 2.0, a request or a batch a line. What is answered at once is answered in order; what takes long has a thread of its own, and
 * is answered when it is done. A batch is done in its order, and answered as a whole.
 */
final class JsonRpc implements Language {
    private static final Set<String> MEMBERS = Set.of("jsonrpc", "method", "params", "id");
    private static final Json.Nothing NULL = new Json.Nothing();

    private final Map<Method, Handler> handlers;
    private final RequestLog log;
    private final Map<Method.Weight, Semaphore> free = new EnumMap<>(Method.Weight.class);
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean isEnding;

    JsonRpc(Map<Method, Handler> handlers, RequestLog log) {
        this.handlers = new EnumMap<>(handlers);
        this.log = log;
        for (Method.Weight weight : Method.Weight.values()) {
            weight.limit().ifPresent(limit -> free.put(weight, new Semaphore(limit.most())));
        }
    }

    /** From now on, nothing that takes long is begun. */
    void end() {
        isEnding = true;
    }

    /** How many requests there have been. */
    long requests() {
        return requests.get();
    }

    /** How many requests that take long are not answered yet. */
    int busy() {
        int busy = 0;
        for (Map.Entry<Method.Weight, Semaphore> each : free.entrySet()) {
            busy += each.getKey().limit().orElseThrow().most() - each.getValue().availablePermits();
        }
        return busy;
    }

    /**
     * A request as it should be.
     *
     * @param method what is asked
     * @param params the parameters, named or not
     * @param id what the answer has to bear; none if there is to be no answer
     */
    private record Request(String method, Optional<Node> params, Optional<Json.Value> id) {}

    /** What was read of one element: a request, or what is wrong with it, which is answered in any case. */
    private record Element(Optional<Request> request, Json.Value id, Optional<RequestException> wrong) {
        Method.Weight weight() {
            return request.isPresent() ? Method.weight(request.get().method()) : Method.Weight.LIGHT;
        }
    }

    @Override
    public void speak(Connection connection) throws IOException {
        while (true) {
            switch (connection.line(connection.idle())) {
                case Incoming.Line line -> take(connection, line);
                case Incoming.TooLong _ ->
                    refuse(
                            connection,
                            new RequestException(
                                    ErrorCode.INVALID_REQUEST,
                                    "the line is longer than " + Limit.LINE.most() + " bytes"));
                case Incoming.TooMany _ -> {
                    refuse(
                            connection,
                            new RequestException(
                                    ErrorCode.INVALID_REQUEST,
                                    "more than " + Limit.DESCRIPTORS.most() + " descriptors came with a request"));
                    return;
                }
                case Incoming.NoRoom _ -> {
                    refuse(
                            connection,
                            new RequestException(
                                    ErrorCode.BUSY, "the limit is " + Limit.ROOM.most() + " " + Limit.ROOM.subject()));
                    return;
                }
                case Incoming.Silence _ -> {
                    if (!connection.isPending()) {
                        log.idle(connection);
                        return;
                    }
                }
                case Incoming.End _ -> {
                    connection.awaitEnd();
                    return;
                }
            }
        }
    }

    private void take(Connection connection, Incoming.Line line) throws IOException {
        List<Element> elements = new ArrayList<>();
        boolean isBatch = false;
        try {
            Node node = read(line.bytes());
            if (node instanceof Node.Items items) {
                isBatch = true;
                check(items.items());
                items.items().forEach(each -> elements.add(element(each)));
            } else {
                elements.add(element(node));
            }
        } catch (RequestException e) {
            line.descriptors().forEach(Connection::closeDescriptor);
            refuse(connection, e);
            return;
        }
        begin(connection, elements, isBatch, line.descriptors());
    }

    /**
     * A thread is made only for what may be done: however much is asked, there are no more threads than the limits say, and who is told
     * to come later is told so by the thread that reads, which reads no more until that is sent.
     */
    private void begin(Connection connection, List<Element> elements, boolean isBatch, List<Integer> descriptors)
            throws IOException {
        Method.Weight weight = elements.stream()
                .map(Element::weight)
                .max(Comparator.naturalOrder())
                .orElse(Method.Weight.LIGHT);
        Semaphore permits = free.get(weight);
        boolean isBusy = permits != null && !permits.tryAcquire();
        if (permits == null || isBusy) {
            perform(connection, elements, isBatch, isBusy, descriptors);
            return;
        }
        connection.begin();
        Thread.ofVirtual().start(() -> {
            try {
                perform(connection, elements, isBatch, false, descriptors);
            } catch (IOException e) {
                log.event("gone", connection.peer(), String.valueOf(e.getMessage()));
            } finally {
                permits.release();
                connection.finish();
            }
        });
    }

    private static Node read(byte[] bytes) throws RequestException {
        try {
            return JsonReading.read(Utf8.decode(bytes));
        } catch (SyntaxException e) {
            throw new RequestException(
                    ErrorCode.PARSE,
                    "column " + e.column() + ": "
                            + e.reason().replace("the file", "the line").replace(", which is no policy", ""));
        }
    }

    private static void check(List<Node> items) throws RequestException {
        if (items.isEmpty()) {
            throw new RequestException(ErrorCode.INVALID_REQUEST, "a batch has at least one request");
        }
        if (items.size() > Limit.BATCH.most()) {
            throw new RequestException(
                    ErrorCode.INVALID_REQUEST,
                    "a batch has at most " + Limit.BATCH.most() + " requests, not " + items.size());
        }
    }

    private void refuse(Connection connection, RequestException problem) throws IOException {
        requests.incrementAndGet();
        log.request(connection.peer(), "", NULL, 0, outcome(problem), OptionalInt.empty());
        connection.send(Json.text(answer(NULL, "error", problem.toJson())));
    }

    private void perform(
            Connection connection, List<Element> elements, boolean isBatch, boolean isBusy, List<Integer> descriptors)
            throws IOException {
        List<Json.Value> answers = new ArrayList<>();
        try {
            for (Element element : elements) {
                answer(connection, element, isBusy, descriptors).ifPresent(answers::add);
            }
        } finally {
            descriptors.forEach(Connection::closeDescriptor);
        }
        if (!answers.isEmpty()) {
            connection.send(Json.text(isBatch ? new Json.Items(answers) : answers.getFirst()));
        }
    }

    private Optional<Json.Value> answer(
            Connection connection, Element element, boolean isBusy, List<Integer> descriptors) throws IOException {
        requests.incrementAndGet();
        long begun = System.nanoTime();
        String method = element.request().isPresent() ? element.request().get().method() : "";
        boolean isWanted =
                element.request().isEmpty() || element.request().get().id().isPresent();
        Json.Members answer;
        String outcome = "ok";
        OptionalInt status = OptionalInt.empty();
        try {
            if (element.wrong().isPresent()) {
                throw element.wrong().get();
            }
            Handler.Answer result = perform(connection, element.request().orElseThrow(), isBusy, descriptors);
            status = result.status();
            answer = answer(element.id(), "result", result.result());
        } catch (RequestException e) {
            outcome = outcome(e);
            answer = answer(element.id(), "error", e.toJson());
        } catch (RuntimeException e) {
            // The server outlives its own errors, and its log has them.
            RequestException problem =
                    new RequestException(ErrorCode.INTERNAL, "internal error, please report it: " + e);
            outcome = outcome(problem) + " " + e;
            answer = answer(element.id(), "error", problem.toJson());
        }
        log.request(connection.peer(), method, element.id(), System.nanoTime() - begun, outcome, status);
        return isWanted ? Optional.of(answer) : Optional.empty();
    }

    private static String outcome(RequestException problem) {
        return Integer.toString(problem.code().code());
    }

    private static Json.Members answer(Json.Value id, String member, Json.Value value) {
        return new Json.Members().with("jsonrpc", "2.0").with(member, value).with("id", id);
    }

    private Handler.Answer perform(Connection connection, Request request, boolean isBusy, List<Integer> descriptors)
            throws RequestException, IOException {
        Method method = Method.of(request.method());
        Handler handler = handlers.get(method);
        if (handler == null) {
            throw new IllegalStateException("nobody does " + method.word());
        }
        Call call = new Call(method, Params.of(method, request.params()), connection, descriptors);
        Optional<Limit> limit = method.weight().limit();
        if (limit.isPresent() && isEnding) {
            throw new RequestException(ErrorCode.ENDING, "the server is about to end");
        }
        if (limit.isPresent() && isBusy) {
            throw new RequestException(
                    ErrorCode.BUSY,
                    "the limit is " + limit.get().most() + " " + limit.get().subject());
        }
        return handler.answer(call);
    }

    private static Element element(Node node) {
        Json.Value id = NULL;
        try {
            if (!(node instanceof Node.Members members)) {
                throw invalid("a request is an object, not " + node.kind());
            }
            Optional<Json.Value> given = id(members);
            id = given.orElse(NULL);
            return new Element(Optional.of(request(members, given)), id, Optional.empty());
        } catch (RequestException e) {
            return new Element(Optional.empty(), id, Optional.of(e));
        }
    }

    private static Optional<Json.Value> id(Node.Members members) throws RequestException {
        return switch (members.members().get("id")) {
            case null -> Optional.empty();
            case Node.Nothing _ -> Optional.of(NULL);
            case Node.Text text -> Optional.of(new Json.Text(text.text()));
            case Node.Digits digits -> Optional.of(new Json.Digits(digits.digits()));
            case Node other -> throw invalid("\"id\" is a text, a number or null, not " + other.kind());
        };
    }

    private static Request request(Node.Members members, Optional<Json.Value> id) throws RequestException {
        Map<String, Node> all = new LinkedHashMap<>(members.members());
        if (!(all.get("jsonrpc") instanceof Node.Text version)
                || !version.text().equals("2.0")) {
            throw invalid("\"jsonrpc\": \"2.0\" is missing");
        }
        if (!(all.get("method") instanceof Node.Text method)) {
            throw invalid("\"method\" is missing, or no text");
        }
        Node params = all.get("params");
        if (params != null && !(params instanceof Node.Members) && !(params instanceof Node.Items)) {
            throw invalid("\"params\" is an object or a list, not " + params.kind());
        }
        try {
            members.only(MEMBERS);
        } catch (SyntaxException e) {
            throw invalid(e.reason());
        }
        return new Request(method.text(), Optional.ofNullable(params), id);
    }

    private static RequestException invalid(String reason) {
        return new RequestException(ErrorCode.INVALID_REQUEST, reason);
    }
}
