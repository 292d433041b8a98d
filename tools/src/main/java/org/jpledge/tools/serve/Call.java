package org.jpledge.tools.serve;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.Node;
import org.jpledge.tools.text.SyntaxException;
import org.jpledge.tools.text.Words;

/**
 * What is asked by a request: a method, and its parameters, which are what the method's table says. For one thread.
 *
 * @param method what is to be done
 * @param params the parameters by name
 * @param connection who asks
 * @param descriptors what came with the request, closed when it is answered
 */
public record Call(Method method, Node.Members params, Connection connection, List<Integer> descriptors) {
    /**
     * Whether a parameter is there.
     *
     * @param name of the parameter
     * @return false if it is missing or null
     */
    public boolean has(String name) {
        return params.find(name).isPresent();
    }

    /**
     * A text, as words are held: a character for each byte of its UTF-8.
     *
     * @param name of a parameter that is text
     * @return empty if it is missing
     * @throws RequestException if it cannot be a word
     */
    public Optional<String> text(String name) throws RequestException {
        Optional<Node> value = params.find(name);
        return value.isPresent() ? Optional.of(word(name, value.get())) : Optional.empty();
    }

    /**
     * Texts, as words are held.
     *
     * @param name of a parameter that is a list of texts, or one
     * @return nothing if it is missing
     * @throws RequestException if one cannot be a word
     */
    public List<String> words(String name) throws RequestException {
        List<String> words = new ArrayList<>();
        switch (params.find(name).orElse(null)) {
            case Node.Items items -> {
                for (Node item : items.items()) {
                    words.add(word(name, item));
                }
            }
            case Node one -> words.add(word(name, one));
            case null -> {}
        }
        return words;
    }

    /**
     * Texts with names, as words are held.
     *
     * @param name of a parameter that is an object
     * @return nothing if it is missing
     * @throws RequestException if one cannot be a word
     */
    public Map<String, String> map(String name) throws RequestException {
        Map<String, String> map = new LinkedHashMap<>();
        if (params.find(name).orElse(null) instanceof Node.Members members) {
            for (Map.Entry<String, Node> member : members.members().entrySet()) {
                map.put(
                        word(name, new Node.Text(1, 1, member.getKey())),
                        word(name + "\".\"" + member.getKey(), member.getValue()));
            }
        }
        return map;
    }

    /**
     * Whole numbers.
     *
     * @param name of a parameter that is a list of numbers, or one
     * @return nothing if it is missing
     * @throws RequestException if one is below zero or above 2 to the power of 31
     */
    public List<Integer> numbers(String name) throws RequestException {
        List<Integer> numbers = new ArrayList<>();
        switch (params.find(name).orElse(null)) {
            case Node.Items items -> {
                for (Node item : items.items()) {
                    numbers.add(number(name, item));
                }
            }
            case Node one -> numbers.add(number(name, one));
            case null -> {}
        }
        return numbers;
    }

    /**
     * Whether a parameter is true.
     *
     * @param name of a parameter that is true or false
     * @return false if it is missing
     */
    public boolean isTrue(String name) {
        return params.find(name).orElse(null) instanceof Node.Truth truth && truth.truth();
    }

    /**
     * Opens the directory that parameter {@code directory} names, or the server's own.
     *
     * @return a descriptor, to be closed by the caller
     * @throws RequestException if it cannot be opened
     */
    public int openDirectory() throws RequestException {
        String place = text("directory").orElse(".");
        try {
            return OwnDirectory.open(Words.bytes(place));
        } catch (KernelException e) {
            throw wrong("directory", Words.readable(place) + ": " + e.getMessage());
        }
    }

    /**
     * Tells the client something before the answer.
     *
     * @param notification the method of the notification
     * @param about its parameters
     * @throws IOException if the client is gone
     */
    public void tell(String notification, Json.Members about) throws IOException {
        connection.send(Json.text(new Json.Members()
                .with("jsonrpc", "2.0")
                .with("method", notification)
                .with("params", about)));
    }

    /**
     * An error in a parameter.
     *
     * @param name the parameter
     * @param reason what is wrong, and what would be right
     * @return the error
     */
    public static RequestException wrong(String name, String reason) {
        return new RequestException(ErrorCode.INVALID_PARAMS, "params: \"" + name + "\": " + reason);
    }

    private static int number(String name, Node node) throws RequestException {
        try {
            return node.number(0, Integer.MAX_VALUE);
        } catch (SyntaxException e) {
            throw wrong(name, e.reason());
        }
    }

    /** Characters that are none, and NUL, are in no word. */
    static String word(String name, Node node) throws RequestException {
        String text;
        try {
            text = node.string();
        } catch (SyntaxException e) {
            throw wrong(name, e.reason());
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw wrong(name, "a text here cannot hold \\u0000");
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw wrong(name, "half a surrogate pair is no character");
            }
        }
        return Words.ofText(text);
    }
}
