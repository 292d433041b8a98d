package org.jpledge.tools;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Knows one address, 192.0.2.7, for every name, and over what it was asked (RFC 1035). */
final class NameServer implements Closeable {
    static final String ADDRESS = "127.0.0.77";
    static final String ANSWER = "192.0.2.7";

    private static final int PORT = 53;
    private static final int HEADER = 12;
    private static final int TYPE_A = 1;

    private final DatagramSocket datagrams;
    private final ServerSocket connections;
    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

    NameServer() throws IOException {
        InetSocketAddress place = new InetSocketAddress(InetAddress.getByName(ADDRESS), PORT);
        datagrams = new DatagramSocket(place);
        connections = new ServerSocket();
        connections.bind(place);
        Thread.ofPlatform().daemon().start(this::answerDatagrams);
        Thread.ofPlatform().daemon().start(this::answerConnections);
    }

    /** Over what it was asked since the last call of this method. */
    List<String> asked() {
        List<String> all = new ArrayList<>();
        for (String next = asked.poll(); next != null; next = asked.poll()) {
            all.add(next);
        }
        return all;
    }

    private void answerDatagrams() {
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
                datagrams.receive(packet);
                asked.add("udp");
                byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
                datagrams.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        } catch (IOException e) {
            asked.add("udp ended: " + e.getMessage());
        }
    }

    private void answerConnections() {
        while (!connections.isClosed()) {
            try (Socket client = connections.accept()) {
                DataInputStream in = new DataInputStream(client.getInputStream());
                DataOutputStream out = new DataOutputStream(client.getOutputStream());
                while (true) {
                    byte[] question = in.readNBytes(in.readUnsignedShort());
                    asked.add("tcp");
                    byte[] answer = answer(question);
                    out.writeShort(answer.length);
                    out.write(answer);
                    out.flush();
                }
            } catch (EOFException e) {
                // The client has asked all its questions.
            } catch (IOException e) {
                if (!connections.isClosed()) {
                    asked.add("tcp ended: " + e.getMessage());
                }
            }
        }
    }

    private static byte[] answer(byte[] question) {
        int at = HEADER;
        while (question[at] != 0) {
            at += question[at] + 1;
        }
        int end = at + 5;
        boolean known = question[at + 1] == 0 && question[at + 2] == TYPE_A;
        byte[] address = {(byte) 0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, (byte) 192, 0, 2, 7};
        byte[] answer = Arrays.copyOf(question, end + (known ? address.length : 0));
        answer[2] = (byte) 0x81; // an answer, recursion was wanted
        answer[3] = (byte) 0x80; // recursion is available, no error
        answer[7] = (byte) (known ? 1 : 0);
        Arrays.fill(answer, 8, HEADER, (byte) 0);
        if (known) {
            System.arraycopy(address, 0, answer, end, address.length);
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        datagrams.close();
        connections.close();
    }
}
