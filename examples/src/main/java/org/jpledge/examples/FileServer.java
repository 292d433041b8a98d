package org.jpledge.examples;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import org.jpledge.Promise;
import org.jpledge.Sandbox;

/**
 * A web server for the files of a directory: {@code FileServer DIRECTORY [PORT]}. It pledges when it has its port: from then on
 * it reads the files, answers connections that come in, and can do nothing else.
 */
public final class FileServer {
    private FileServer() {}

    /**
     * Serves until it is ended.
     *
     * @param arguments a directory, and a port of this machine, 0 or none for any
     * @throws IOException if the port is taken
     */
    public static void main(String... arguments) throws IOException {
        int port = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
        System.out.println("http://127.0.0.1:" + serve(Path.of(arguments[0]).toRealPath(), port) + "/");
    }

    private static int serve(Path directory, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", SimpleFileServer.createFileHandler(directory));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        Sandbox.pledge(Promise.STDIO, Promise.RPATH, Promise.ANET)
                .unveil(directory, "r")
                .enter();
        return server.getAddress().getPort();
    }
}
