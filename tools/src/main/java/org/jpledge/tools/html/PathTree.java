package org.jpledge.tools.html;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jpledge.tools.text.Json;

/** Paths, and what was done to them; as many as a page can show. Names hold bytes as characters. */
final class PathTree {
    private static final int MOST_NODES = 20_000;
    private static final int MOST_SHOWN = 4_000;
    private static final int MOST_CHILDREN = 400;

    /** Deeper down, the rest of a path is one name. */
    private static final int DEEPEST = 48;

    private final Node root = new Node("/");
    private int nodes;
    private int shown;

    private static final class Node {
        private final String name;
        private final Map<Deed, Long> deeds = new EnumMap<>(Deed.class);
        private final Map<String, Node> children = new TreeMap<>();
        private long folded;
        private long weight;

        Node(String name) {
            this.name = name;
        }

        /** Weighs this and all below. */
        long weigh() {
            weight = 0;
            for (Deed deed : Deed.values()) {
                long worth = switch (deed) {
                    case REFUSED -> 10_000;
                    case WRITE, CREATE, EXECUTE -> 1_000;
                    case READ -> 100;
                    case LOOKED_AT, LINKED -> 1;
                };
                weight += Math.min(deeds.getOrDefault(deed, 0L), 100) * worth;
            }
            for (Node child : children.values()) {
                weight = Math.max(weight, child.weigh());
            }
            return weight;
        }

        boolean isUntouched() {
            return deeds.isEmpty() && folded == 0;
        }
    }

    /**
     * Counts a deed.
     *
     * @param path from the root; others are passed over
     * @param deed what was done there
     */
    void add(String path, Deed deed) {
        if (!path.startsWith("/")) {
            return;
        }
        Node node = root;
        int at = 1;
        for (int depth = 0; at < path.length(); depth++) {
            int slash = depth >= DEEPEST ? -1 : path.indexOf('/', at);
            String name = path.substring(at, slash < 0 ? path.length() : slash);
            at = slash < 0 ? path.length() : slash + 1;
            if (name.isEmpty()) {
                continue;
            }
            Node child = node.children.get(name);
            if (child == null) {
                if (nodes >= MOST_NODES) {
                    node.folded++;
                    return;
                }
                nodes++;
                child = new Node(name);
                node.children.put(name, child);
            }
            node = child;
        }
        node.deeds.merge(deed, 1L, Long::sum);
    }

    /**
     * The tree for the page: an array of a name, counts in the order of {@link Deed}, children, and how many more there are that
     * it does not show. A directory to which nothing was done and that has one child is one with it.
     */
    Json.Value json() {
        shown = 0;
        root.weigh();
        return json(root, "");
    }

    private Json.Value json(Node node, String before) {
        if (node.isUntouched() && node.children.size() == 1 && node != root) {
            return json(node.children.values().iterator().next(), before + node.name + '/');
        }
        shown++;
        List<Node> children = new ArrayList<>(node.children.values());
        long more = node.folded;
        if (children.size() > MOST_CHILDREN) {
            children.sort(
                    Comparator.comparingLong((Node child) -> -child.weight).thenComparing(child -> child.name));
            more += children.size() - MOST_CHILDREN;
            children = new ArrayList<>(children.subList(0, MOST_CHILDREN));
            children.sort(Comparator.comparing(child -> child.name));
        }
        List<Json.Value> below = new ArrayList<>();
        for (Node child : children) {
            if (shown < MOST_SHOWN) {
                below.add(json(child, ""));
            } else {
                more++;
            }
        }
        List<Json.Value> counts = new ArrayList<>();
        for (Deed deed : Deed.values()) {
            counts.add(new Json.Whole(node.deeds.getOrDefault(deed, 0L)));
        }
        return new Json.Items(List.of(
                Shown.text(before + node.name), new Json.Items(counts), new Json.Items(below), new Json.Whole(more)));
    }
}
