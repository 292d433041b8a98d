package org.jpledge.tools.learn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jpledge.promise.Group;
import org.jpledge.promise.PromiseTable;
import org.jpledge.promise.Section;
import org.jpledge.promise.TableRule;

/** Chooses the fewest promises of which every need has one of the sets of words that it can do with. */
final class WordChoice {
    private final List<List<Set<String>>> open = new ArrayList<>();
    private Set<String> best = Set.of();
    private boolean found;

    private WordChoice() {}

    /**
     * Chooses. Of several sets with as few words, it is the one that allows the fewest calls.
     *
     * @param needs the sets of words that each need can do with
     * @return the words, in the promise table's order, stdio among them
     */
    static List<String> of(Set<List<Set<String>>> needs) {
        WordChoice choice = new WordChoice();
        Set<String> forced = new TreeSet<>();
        forced.add("stdio");
        for (List<Set<String>> need : needs) {
            if (need.size() == 1) {
                forced.addAll(need.getFirst());
            }
        }
        for (List<Set<String>> need : needs) {
            if (need.size() > 1) {
                choice.open.add(need);
            }
        }
        choice.open.sort(Comparator.comparingInt(List::size));
        choice.search(forced, 0);
        return ordered(choice.best);
    }

    private void search(Set<String> words, int at) {
        if (found && compare(words, best) >= 0) {
            return;
        }
        for (int i = at; i < open.size(); i++) {
            if (!isMet(open.get(i), words)) {
                for (Set<String> more : open.get(i)) {
                    Set<String> both = new TreeSet<>(words);
                    both.addAll(more);
                    search(both, i + 1);
                }
                return;
            }
        }
        best = words;
        found = true;
    }

    private static boolean isMet(List<Set<String>> need, Set<String> words) {
        for (Set<String> alternative : need) {
            if (words.containsAll(alternative)) {
                return true;
            }
        }
        return false;
    }

    private static int compare(Set<String> some, Set<String> others) {
        int fewer = Integer.compare(some.size(), others.size());
        return fewer != 0 ? fewer : Integer.compare(breadth(some), breadth(others));
    }

    /** How many calls words speak of, by themselves. */
    private static int breadth(Set<String> words) {
        int calls = 0;
        for (String word : words) {
            for (Section section :
                    PromiseTable.standard().promise(word).stream().toList()) {
                for (Group group : section.groups()) {
                    for (TableRule rule : group.rules()) {
                        calls += rule.calls().size();
                    }
                }
            }
        }
        return calls;
    }

    private static List<String> ordered(Set<String> words) {
        Set<String> all = new LinkedHashSet<>(PromiseTable.standard().words());
        all.retainAll(words);
        return List.copyOf(all);
    }
}
