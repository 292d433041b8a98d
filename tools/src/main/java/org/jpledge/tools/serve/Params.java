package org.jpledge.tools.serve;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;

/** The parameters of a request, held against the table of its method. */
final class Params {
    private Params() {}

    /** The parameters by name, each of its kind, and all that are needed. */
    static Node.Members of(Method method, Optional<Node> params) throws RequestException {
        Node.Members named = switch (params.orElse(Node.empty())) {
            case Node.Members members -> members;
            case Node.Items items -> named(method, items);
            case Node other -> throw new IllegalStateException(other.kind());
        };
        Set<String> names = new LinkedHashSet<>();
        method.params().forEach(param -> names.add(param.name()));
        try {
            named.only(names);
        } catch (SyntaxException e) {
            throw new RequestException(
                    ErrorCode.INVALID_PARAMS,
                    "params: " + e.reason()
                            + (names.isEmpty()
                                    ? ": " + method.word() + " takes none"
                                    : "; " + method.word() + " takes " + String.join(", ", names)));
        }
        for (Param param : method.params()) {
            Optional<Node> value = named.find(param.name());
            if (value.isPresent()) {
                check(param, value.get());
            } else if (param.isNeeded()) {
                throw Call.wrong(
                        param.name(), "it is missing; it is " + param.kind().text());
            }
        }
        return named;
    }

    private static Node.Members named(Method method, Node.Items items) throws RequestException {
        List<Param> params = method.params();
        if (items.items().size() > params.size()) {
            throw new RequestException(
                    ErrorCode.INVALID_PARAMS,
                    "params: " + method.word() + " takes at most " + params.size() + ", not "
                            + items.items().size());
        }
        Map<String, Node> named = new LinkedHashMap<>();
        for (int i = 0; i < items.items().size(); i++) {
            named.put(params.get(i).name(), items.items().get(i));
        }
        return new Node.Members(items.line(), items.column(), named);
    }

    private static void check(Param param, Node value) throws RequestException {
        if (!fits(param.kind(), value)) {
            throw Call.wrong(param.name(), param.kind().text() + " is expected here, not " + value.kind());
        }
    }

    private static boolean fits(Param.Kind kind, Node value) {
        return switch (kind) {
            case TEXT -> value instanceof Node.Text;
            case WORDS -> value instanceof Node.Text || areTexts(value);
            case TEXTS -> areTexts(value);
            case MAP -> isMap(value);
            case ENTRIES -> isMap(value) || areTexts(value);
            case OPTIONS -> value instanceof Node.Members;
            case NUMBER -> isNumber(value);
            case NUMBERS ->
                value instanceof Node.Items items && items.items().stream().allMatch(Params::isNumber);
            case TRUTH -> value instanceof Node.Truth;
        };
    }

    private static boolean areTexts(Node value) {
        return value instanceof Node.Items items && items.items().stream().allMatch(Node.Text.class::isInstance);
    }

    private static boolean isMap(Node value) {
        return value instanceof Node.Members members
                && members.members().values().stream().allMatch(Node.Text.class::isInstance);
    }

    private static boolean isNumber(Node value) {
        return value instanceof Node.Digits digits
                && digits.digits().length() <= 9
                && digits.digits().chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
