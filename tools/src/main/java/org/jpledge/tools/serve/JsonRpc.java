package org.jpledge.tools.serve;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
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
    private static final Duration IDLE = Duration.ofSeconds(Limit.IDLE.most());
    private static final Set<String> MEMBERS = Set.of("jsonrpc", "method", "params", "id");
    private static final Json.Nothing NULL = new Json.Nothing();

    private final Map<Method, Handler> handlers;
    private final RequestLog log;
    private final Semaphore heavy = new Semaphore(Limit.REQUESTS.most());
    private final AtomicLong requests = new AtomicLong();
    private volatile boolean isEnding;

    JsonRpc(Map<Method, Handler> handlers, RequestLog log) {
        this.handlers = new EnumMap<>(handlers);
        this.log = log;
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
        return Limit.REQUESTS.most() - heavy.availablePermits();
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
        boolean isHeavy() {
            return request.isPresent() && JsonRpc.isHeavy(request.get().method());
        }
    }

    @Override
    public void speak(Connection connection) throws IOException {
        while (true) {
            switch (connection.line(IDLE)) {
                case Incoming.Line line -> take(connection, line);
                case Incoming.TooLong _ ->
                    refuse(
                            connection,
                            new RequestException(
                                    ErrorCode.INVALID_REQUEST,
                                    "the line is longer than " + Limit.LINE.most() + " bytes"));
                case Incoming.Silence _ -> {
                    if (!connection.isPending()) {
                        log.event("idle", connection.peer(), "nothing came for " + IDLE.toSeconds() + " seconds");
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
        boolean batch = isBatch;
        if (elements.stream().noneMatch(Element::isHeavy)) {
            perform(connection, elements, batch, line.descriptors());
            return;
        }
        connection.begin();
        Thread.ofVirtual().start(() -> {
            try {
                perform(connection, elements, batch, line.descriptors());
            } catch (IOException e) {
                log.event("gone", connection.peer(), String.valueOf(e.getMessage()));
            } finally {
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

    private void perform(Connection connection, List<Element> elements, boolean isBatch, List<Integer> descriptors)
            throws IOException {
        List<Json.Value> answers = new ArrayList<>();
        try {
            for (Element element : elements) {
                answer(connection, element, descriptors).ifPresent(answers::add);
            }
        } finally {
            descriptors.forEach(Connection::closeDescriptor);
        }
        if (!answers.isEmpty()) {
            connection.send(Json.text(isBatch ? new Json.Items(answers) : answers.getFirst()));
        }
    }

    private Optional<Json.Value> answer(Connection connection, Element element, List<Integer> descriptors)
            throws IOException {
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
            Handler.Answer result = perform(connection, element.request().orElseThrow(), descriptors);
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

    private Handler.Answer perform(Connection connection, Request request, List<Integer> descriptors)
            throws RequestException, IOException {
        Method method = Method.of(request.method());
        Handler handler = handlers.get(method);
        if (handler == null) {
            throw new IllegalStateException("nobody does " + method.word());
        }
        Call call = new Call(method, Params.of(method, request.params()), connection, descriptors);
        if (method.weight() == Method.Weight.LIGHT) {
            return handler.answer(call);
        }
        if (isEnding) {
            throw new RequestException(ErrorCode.ENDING, "the server is about to end");
        }
        if (method.weight() == Method.Weight.RUN) {
            return handler.answer(call);
        }
        if (!heavy.tryAcquire()) {
            throw new RequestException(
                    ErrorCode.BUSY, "the server has " + Limit.REQUESTS.most() + " requests that take long already");
        }
        try {
            return handler.answer(call);
        } finally {
            heavy.release();
        }
    }

    private static boolean isHeavy(String word) {
        for (Method method : Method.values()) {
            if (method.word().equals(word)) {
                return method.weight() != Method.Weight.LIGHT;
            }
        }
        return false;
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
