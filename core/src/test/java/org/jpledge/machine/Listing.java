package org.jpledge.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Operations with the instructions that they must come out as; one run of the disassembler checks them all. */
final class Listing {
    private record Expected(String operation, int offset, List<String> text) {}

    private final Assembler assembler;
    private final List<Expected> expected = new ArrayList<>();

    Listing(Assembler assembler) {
        this.assembler = assembler;
    }

    Assembler assembler() {
        return assembler;
    }

    /**
     * Emits an operation.
     *
     * @param operation its name, for the message of a failure
     * @param emit calls the assembler
     * @param text the instructions that must come of it
     */
    void add(String operation, Runnable emit, String... text) {
        int offset = assembler.length();
        emit.run();
        expected.add(new Expected(operation, offset, List.of(text)));
    }

    /**
     * Compares.
     *
     * @param fold what is done to the disassembler's instructions first
     */
    void check(Disassembler disassembler, UnaryOperator<List<Disassembler.Instruction>> fold) throws IOException {
        List<Disassembler.Instruction> found = fold.apply(disassembler.read(assembler.assemble()));
        int next = 0;
        for (Expected one : expected) {
            for (String text : one.text()) {
                if (next == found.size()) {
                    fail("%s: nothing was emitted for %s", one.operation(), text);
                }
                Disassembler.Instruction instruction = found.get(next++);
                if (!instruction.text().equals(text)) {
                    fail(
                            "%s at %x: expected %s, but the disassembler read, at %x, %s",
                            one.operation(), one.offset(), one.text(), instruction.offset(), instruction.text());
                }
            }
        }
        assertThat(found.subList(next, found.size())).isEmpty();
        assertThat(expected).isNotEmpty();
    }
}
