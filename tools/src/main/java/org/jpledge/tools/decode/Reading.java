package org.jpledge.tools.decode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.ByteText;
import org.jpledge.tools.trace.Memory;

/**
 * Reads the arguments of one call. Where memory cannot be read, there is only the address.
 *
 * @param settings how much is wanted
 * @param paths finds files
 * @param process whose call it is
 * @param task likewise
 * @param arch in which architecture's numbers
 * @param registers the arguments
 * @param result what the call has returned; nothing before it has
 * @param memory of the thread
 */
record Reading(
        Decoder.Settings settings,
        Paths paths,
        TracedProcess process,
        Task task,
        Arch arch,
        long[] registers,
        Optional<Long> result,
        Memory memory) {
    private static final int LONGEST_PATH = 4096;
    private static final int MOST_ELEMENTS = 1024;
    private static final int PAGE = 4096;
    private static final int USUAL_ELEMENTS = 32;

    /** An argument. */
    Argument argument(Form.Slot slot, int index) {
        long raw = registers[index];
        String name = slot.name();
        if (!slot.isLookedAt(registers)) {
            return new Argument.Symbols(name, raw, "");
        }
        return switch (slot.how()) {
            case How.Plain(Scalar scalar) -> plain(slot, raw, scalar);
            case How.Directory() -> {
                int number = (int) raw;
                yield new Argument.Descriptor(name, raw, number, process.descriptor(task.thread(), number));
            }
            case How.Unused() -> new Argument.Symbols(name, raw, "");
            case How.Name how -> path(name, raw, how);
            case How.Text() -> text(name, raw);
            case How.Data(How.Length length) -> data(name, raw, length(length));
            case How.Strings(boolean environment) -> strings(name, raw, environment);
            case How.Address(How.Length length) -> address(name, raw, length(length));
            case How.Message(How.Length length) -> messages(name, raw, length);
            case How.Vector(How.Length length) -> vector(name, raw, length(length));
            case How.Option(How.Length length) -> option(name, raw, length(length));
            case How.Signals() -> signals(name, raw);
            case How.Integers(int count) -> integers(name, raw, count);
            case How.Status() -> status(name, raw);
            case How.DescriptorSet(How.Length count) -> descriptors(name, raw, length(count));
            case How.Structure(Layout layout) -> structure(name, raw, layout);
            case How.Array(Layout layout, How.Length count) -> array(name, raw, layout, length(count));
        };
    }

    private Argument plain(Form.Slot slot, long raw, Scalar scalar) {
        long value = slot.value(raw);
        if (scalar == Scalar.Plain.INT && (slot.signed() || value >= 0)) {
            return new Argument.Whole(slot.name(), raw, value);
        }
        if (scalar == Scalar.Plain.ADDRESS) {
            return new Argument.Address(slot.name(), raw);
        }
        if (scalar == Scalar.Plain.FD) {
            int number = (int) raw;
            return new Argument.Descriptor(slot.name(), raw, number, process.descriptor(task.thread(), number));
        }
        StringBuilder out = new StringBuilder();
        scalar.append(out, value, slot.bits(), slot.signed());
        return new Argument.Symbols(slot.name(), raw, out.toString());
    }

    private long length(How.Length length) {
        return switch (length.kind()) {
            case FIXED -> length.number();
            case PARAMETER -> registers[length.number()] & 0xffffffffL;
            case RESULT -> Math.max(0, result.orElse(0L));
            case POINTED -> {
                byte[] read = read(registers[length.number()], Integer.BYTES);
                yield read.length == 0 ? 0 : Numbers.of(read, 0, Integer.BYTES, false, isBig());
            }
        };
    }

    private boolean isBig() {
        return !SocketAddress.isLittle(arch);
    }

    private int word() {
        return arch.is64Bit() ? Long.BYTES : Integer.BYTES;
    }

    /** Memory; nothing where it cannot be read. */
    private byte[] read(long address, int length) {
        return address == 0 || length <= 0
                ? new byte[0]
                : memory.bytes(address, length).orElse(new byte[0]);
    }

    /** As much of some memory as can be read. */
    private byte[] beginning(long address, int length) {
        byte[] all = read(address, length);
        if (all.length > 0 || length <= 0 || address == 0) {
            return all;
        }
        int toEnd = (int) (PAGE - (address & PAGE - 1));
        return toEnd < length ? read(address, toEnd) : all;
    }

    private Argument path(String name, long raw, How.Name how) {
        Optional<byte[]> bytes = raw == 0 ? Optional.empty() : memory.string(raw, LONGEST_PATH);
        if (bytes.isEmpty()) {
            return new Argument.Address(name, raw);
        }
        String written = new String(bytes.get(), StandardCharsets.ISO_8859_1);
        if (written.length() >= LONGEST_PATH) {
            return new Argument.PathName(name, raw, written, "", "");
        }
        String start = "";
        if (!written.startsWith("/")) {
            int directory = how.directory() < 0 ? Decoder.HERE : (int) registers[how.directory()];
            start = directory == Decoder.HERE
                    ? process.directory(task.thread(), paths.generation())
                    : process.descriptor(task.thread(), directory);
            if (written.isEmpty()) {
                boolean meant = how.flags() >= 0 && (registers[how.flags()] & how.empty()) != 0;
                String file = meant && start.startsWith("/") ? start : "";
                return new Argument.PathName(name, raw, written, file, file);
            }
            start = start.startsWith("/") ? start : "";
        }
        boolean link = how.link();
        for (How.Condition each : how.unless()) {
            link = each.holds(registers) ? !how.link() : link;
        }
        Paths.Place place =
                paths.place(process.root(task.thread()), task.process(), task.thread(), start, written, !link);
        return new Argument.PathName(name, raw, written, place.absolute(), place.file());
    }

    private Argument text(String name, long raw) {
        Optional<byte[]> bytes = raw == 0 ? Optional.empty() : memory.string(raw, LONGEST_PATH);
        if (bytes.isEmpty()) {
            return new Argument.Address(name, raw);
        }
        String text = new String(bytes.get(), StandardCharsets.ISO_8859_1);
        return new Argument.Data(name, raw, text, text.length());
    }

    private Argument data(String name, long raw, long length) {
        if (raw == 0 || settings.detail() == Decoder.Detail.NEEDS) {
            return new Argument.Address(name, raw);
        }
        byte[] bytes = beginning(raw, (int) Math.min(length, settings.strings()));
        if (bytes.length == 0 && length > 0 && settings.strings() > 0) {
            return new Argument.Address(name, raw);
        }
        return new Argument.Data(name, raw, new String(bytes, StandardCharsets.ISO_8859_1), length);
    }

    private Argument strings(String name, long raw, boolean environment) {
        List<Long> pointers = raw == 0 ? List.of() : pointers(raw);
        if (raw == 0 || pointers.isEmpty() && read(raw, word()).length == 0) {
            return new Argument.Address(name, raw);
        }
        List<String> items = new ArrayList<>();
        int most = environment && settings.detail() != Decoder.Detail.ALL
                ? 0
                : settings.isAll() ? MOST_ELEMENTS : USUAL_ELEMENTS;
        for (long pointer : pointers) {
            if (items.size() >= most) {
                break;
            }
            Optional<byte[]> item = memory.string(pointer, 2 * PAGE);
            if (item.isEmpty()) {
                break;
            }
            items.add(new String(item.get(), StandardCharsets.ISO_8859_1));
        }
        return new Argument.Strings(name, raw, items, pointers.size());
    }

    private List<Long> pointers(long start) {
        List<Long> pointers = new ArrayList<>();
        int word = word();
        long at = start;
        while (pointers.size() < 100_000) {
            byte[] page = beginning(at, PAGE);
            if (page.length < word) {
                return pointers;
            }
            for (int i = 0; i + word <= page.length; i += word) {
                long pointer = Numbers.of(page, i, word, false, isBig());
                if (pointer == 0) {
                    return pointers;
                }
                pointers.add(pointer);
            }
            at += page.length - page.length % word;
        }
        return pointers;
    }

    private Argument address(String name, long raw, long length) {
        Optional<Endpoint> endpoint = endpoint(raw, length);
        return endpoint.isPresent() ? new Argument.Socket(name, raw, endpoint.get()) : new Argument.Address(name, raw);
    }

    private Optional<Endpoint> endpoint(long raw, long length) {
        Endpoint endpoint = SocketAddress.of(arch, read(raw, (int) Math.min(length, SocketAddress.LONGEST)));
        if (endpoint instanceof Endpoint.Local local
                && !local.isAbstract()
                && !local.path().isEmpty()) {
            String path = local.path();
            String start = path.startsWith("/") ? "" : process.directory(task.thread(), paths.generation());
            Paths.Place place =
                    paths.place(process.root(task.thread()), task.process(), task.thread(), start, path, true);
            return Optional.of(new Endpoint.Local(path, false, place.file()));
        }
        return Optional.ofNullable(endpoint);
    }

    private Argument structure(String name, long raw, Layout layout) {
        if (settings.detail() == Decoder.Detail.NEEDS && layout.brief()) {
            return new Argument.Address(name, raw);
        }
        byte[] bytes = read(raw, layout.size());
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        return new Argument.Structure(name, raw, layout.fields(bytes, 0, isBig(), settings.isAll()));
    }

    private Argument array(String name, long raw, Layout layout, long count) {
        if (raw == 0 || settings.detail() == Decoder.Detail.NEEDS) {
            return new Argument.Address(name, raw);
        }
        int most = (int) Math.min(count, settings.isAll() ? MOST_ELEMENTS : USUAL_ELEMENTS);
        byte[] bytes = read(raw, most * layout.size());
        if (bytes.length == 0 && most > 0) {
            return new Argument.Address(name, raw);
        }
        List<Argument.Field> elements = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            StringBuilder out = new StringBuilder();
            layout.append(out, bytes, i * layout.size(), isBig(), settings.isAll());
            elements.add(new Argument.Field("", out.toString()));
        }
        if (most < count) {
            elements.add(new Argument.Field("", ""));
        }
        return new Argument.Structure(name, raw, elements);
    }

    private Argument signals(String name, long raw) {
        byte[] bytes = read(raw, Long.BYTES);
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        StringBuilder out = new StringBuilder();
        long set = Numbers.of(bytes, 0, Long.BYTES, false, isBig());
        Scalar.Plain.SIGSET.append(out, set, Long.SIZE, false);
        return new Argument.Symbols(name, raw, out.toString());
    }

    private Argument integers(String name, long raw, int count) {
        byte[] bytes = read(raw, count * Integer.BYTES);
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        List<Argument.Field> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long value = Numbers.of(bytes, i * Integer.BYTES, Integer.BYTES, true, isBig());
            elements.add(new Argument.Field("", Long.toString(value)));
        }
        return new Argument.Structure(name, raw, elements);
    }

    /** What wait(2) tells, in its macros' words. */
    private Argument status(String name, long raw) {
        byte[] bytes = read(raw, Integer.BYTES);
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        int status = (int) Numbers.of(bytes, 0, Integer.BYTES, true, isBig());
        int low = status & 0x7f;
        int high = status >>> Byte.SIZE & 0xff;
        StringBuilder out = new StringBuilder("{");
        if (low == 0) {
            out.append("WIFEXITED(s) && WEXITSTATUS(s) == ").append(high);
        } else if (status == 0xffff) {
            out.append("WIFCONTINUED(s)");
        } else if (low == 0x7f) {
            out.append("WIFSTOPPED(s) && WSTOPSIG(s) == ");
            Scalar.signal(out, high);
        } else {
            out.append("WIFSIGNALED(s) && WTERMSIG(s) == ");
            Scalar.signal(out, low);
            out.append((status & 0x80) == 0 ? "" : " && WCOREDUMP(s)");
        }
        String text = out.append('}').toString();
        return new Argument.Structure(name, raw, List.of(new Argument.Field("", text)));
    }

    private Argument descriptors(String name, long raw, long count) {
        int bits = Byte.SIZE * word();
        int words = ((int) Math.min(count, MOST_ELEMENTS) + bits - 1) / bits;
        byte[] bytes = read(raw, words * word());
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        List<Argument.Field> elements = new ArrayList<>();
        for (int i = 0; i < words; i++) {
            long members = Numbers.of(bytes, i * word(), word(), false, isBig());
            for (int j = 0; j < bits; j++) {
                if ((members >>> j & 1) != 0) {
                    elements.add(new Argument.Field("", Integer.toString(i * bits + j)));
                }
            }
        }
        return new Argument.Structure(name, raw, elements);
    }

    private Argument option(String name, long raw, long length) {
        if (length == Integer.BYTES) {
            return integers(name, raw, 1);
        }
        return data(name, raw, length);
    }

    private Argument vector(String name, long raw, long count) {
        if (raw == 0 || settings.detail() == Decoder.Detail.NEEDS) {
            return new Argument.Address(name, raw);
        }
        List<Argument.Field> pieces = new ArrayList<>();
        if (!pieces(raw, count, result.orElse(Long.MAX_VALUE), pieces)) {
            return new Argument.Address(name, raw);
        }
        return new Argument.Structure(name, raw, pieces);
    }

    /** Pieces of data, of which no more than some bytes count. */
    private boolean pieces(long address, long count, long bytes, List<Argument.Field> pieces) {
        int most = (int) Math.min(count, settings.isAll() ? MOST_ELEMENTS : USUAL_ELEMENTS);
        byte[] vector = read(address, most * 2 * word());
        if (vector.length == 0) {
            return count == 0;
        }
        long left = bytes;
        for (int i = 0; i < most; i++) {
            long base = Numbers.of(vector, 2 * i * word(), word(), false, isBig());
            long length = Numbers.of(vector, (2 * i + 1) * word(), word(), false, isBig());
            StringBuilder out = new StringBuilder("{iov_base=");
            appendData(out, base, Math.min(length, left));
            out.append(", iov_len=").append(length).append('}');
            pieces.add(new Argument.Field("", out.toString()));
            left -= Math.min(length, left);
        }
        if (most < count) {
            pieces.add(new Argument.Field("", ""));
        }
        return true;
    }

    private void appendData(StringBuilder out, long address, long length) {
        byte[] bytes = beginning(address, (int) Math.min(length, settings.strings()));
        if (bytes.length == 0 && length > 0) {
            Scalar.Plain.ADDRESS.append(out, address, Long.SIZE, false);
        } else {
            ByteText.quote(out, new String(bytes, StandardCharsets.ISO_8859_1));
            out.append(bytes.length < length ? "..." : "");
        }
    }

    private Argument messages(String name, long raw, How.Length length) {
        MessageHeader header = MessageHeader.of(arch);
        List<Argument.Field> fields = new ArrayList<>();
        List<Endpoint> peers = new ArrayList<>();
        if (length.kind() == How.Length.Kind.FIXED) {
            byte[] bytes = read(raw, header.size());
            if (bytes.length == 0) {
                return new Argument.Address(name, raw);
            }
            message(header, bytes, 0, result.orElse(Long.MAX_VALUE), fields, peers);
            return new Argument.Structure(name, raw, fields, peers);
        }
        int count = (int) Math.min(length(length), settings.isAll() ? MOST_ELEMENTS : USUAL_ELEMENTS);
        byte[] bytes = read(raw, count * header.stride());
        if (bytes.length == 0) {
            return new Argument.Address(name, raw);
        }
        for (int i = 0; i < count; i++) {
            int at = i * header.stride();
            long sent = Numbers.of(bytes, at + header.size(), Integer.BYTES, false, isBig());
            List<Argument.Field> one = new ArrayList<>();
            message(header, bytes, at, result.isPresent() ? sent : Long.MAX_VALUE, one, peers);
            StringBuilder out = new StringBuilder("{msg_hdr={");
            for (int j = 0; j < one.size(); j++) {
                out.append(j == 0 ? "" : ", ")
                        .append(one.get(j).name())
                        .append('=')
                        .append(one.get(j).text());
            }
            fields.add(new Argument.Field(
                    "", out.append("}, msg_len=").append(sent).append('}').toString()));
        }
        return new Argument.Structure(name, raw, fields, peers);
    }

    private void message(
            MessageHeader header, byte[] bytes, int at, long most, List<Argument.Field> fields, List<Endpoint> peers) {
        long nameAddress = Numbers.of(bytes, at + header.name(), word(), false, isBig());
        long nameLength = Numbers.of(bytes, at + header.nameLength(), Integer.BYTES, false, isBig());
        Optional<Endpoint> peer = nameLength == 0 ? Optional.empty() : endpoint(nameAddress, nameLength);
        peer.ifPresent(peers::add);
        StringBuilder text = new StringBuilder();
        if (peer.isPresent()) {
            text.append(peer.get().text());
        } else {
            Scalar.Plain.ADDRESS.append(text, nameAddress, Long.SIZE, false);
        }
        fields.add(new Argument.Field("msg_name", text.toString()));
        fields.add(new Argument.Field("msg_namelen", Long.toString(nameLength)));
        long vector = Numbers.of(bytes, at + header.vector(), word(), false, isBig());
        long count = Numbers.of(bytes, at + header.vectorLength(), word(), false, isBig());
        List<Argument.Field> pieces = new ArrayList<>();
        if (settings.detail() != Decoder.Detail.NEEDS && pieces(vector, count, most, pieces)) {
            StringBuilder all = new StringBuilder("[");
            for (int i = 0; i < pieces.size(); i++) {
                String piece = pieces.get(i).text();
                all.append(i == 0 ? "" : ", ").append(piece.isEmpty() ? "..." : piece);
            }
            fields.add(new Argument.Field("msg_iov", all.append(']').toString()));
        }
        fields.add(new Argument.Field("msg_iovlen", Long.toString(count)));
        long control = Numbers.of(bytes, at + header.control(), word(), false, isBig());
        long controlLength = Numbers.of(bytes, at + header.controlLength(), word(), false, isBig());
        if (controlLength > 0) {
            byte[] beside = read(control, (int) Math.min(controlLength, PAGE));
            fields.add(new Argument.Field("msg_control", controlText(beside)));
        }
        fields.add(new Argument.Field("msg_controllen", Long.toString(controlLength)));
        StringBuilder flags = new StringBuilder();
        long value = Numbers.of(bytes, at + header.flags(), Integer.BYTES, false, isBig());
        Forms.scalar(arch, "message_flags").append(flags, value, Integer.SIZE, false);
        fields.add(new Argument.Field("msg_flags", flags.toString()));
    }

    /** Descriptors and identities that are passed beside the data: cmsg(3). */
    private String controlText(byte[] bytes) {
        StringBuilder out = new StringBuilder("[");
        int head = word() + 2 * Integer.BYTES;
        for (int at = 0; at + head <= bytes.length; ) {
            int length = (int) Numbers.of(bytes, at, word(), false, isBig());
            if (length < head || length > bytes.length - at) {
                break;
            }
            long level = Numbers.of(bytes, at + word(), Integer.BYTES, true, isBig());
            long type = Numbers.of(bytes, at + word() + Integer.BYTES, Integer.BYTES, true, isBig());
            out.append(at == 0 ? "{cmsg_level=" : ", {cmsg_level=");
            Forms.scalar(arch, "socket_level").append(out, level, Integer.SIZE, true);
            out.append(", cmsg_type=");
            if (level == SocketOptions.SOCKET) {
                Forms.scalar(arch, "control_type").append(out, type, Integer.SIZE, true);
            } else {
                out.append(type);
            }
            int words = (length - head) / Integer.BYTES;
            if (level == SocketOptions.SOCKET && type == SocketOptions.RIGHTS) {
                out.append(", fds=[");
                for (int i = 0; i < words; i++) {
                    out.append(i == 0 ? "" : ", ").append(integer(bytes, at + head, i));
                }
                out.append(']');
            } else if (level == SocketOptions.SOCKET && type == SocketOptions.CREDENTIALS && words == 3) {
                out.append(", pid=").append(integer(bytes, at + head, 0));
                out.append(", uid=").append(integer(bytes, at + head, 1));
                out.append(", gid=").append(integer(bytes, at + head, 2));
            } else {
                out.append(", cmsg_len=").append(length);
            }
            out.append('}');
            at += (length + word() - 1) / word() * word();
        }
        return out.append(']').toString();
    }

    private long integer(byte[] bytes, int at, int index) {
        return Numbers.of(bytes, at + index * Integer.BYTES, Integer.BYTES, true, isBig());
    }

    /** Numbers of control messages, the same on all our architectures. */
    private static final class SocketOptions {
        static final int SOCKET = 1;
        static final int RIGHTS = 1;
        static final int CREDENTIALS = 2;
    }

    /** Where the members of struct msghdr lie. */
    private record MessageHeader(
            int name,
            int nameLength,
            int vector,
            int vectorLength,
            int control,
            int controlLength,
            int flags,
            int size,
            int stride) {
        static final MessageHeader WIDE = new MessageHeader(0, 8, 16, 24, 32, 40, 48, 56, 64);
        static final MessageHeader NARROW = new MessageHeader(0, 4, 8, 12, 16, 20, 24, 28, 32);

        static MessageHeader of(Arch arch) {
            return arch.is64Bit() ? WIDE : NARROW;
        }
    }
}
