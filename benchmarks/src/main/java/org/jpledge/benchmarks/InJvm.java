package org.jpledge.benchmarks;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jpledge.Pledge;
import org.jpledge.Promise;
import org.jpledge.Sandbox;
import org.jpledge.linux.Kernel;

/** Run in a JVM of its own, which restricts itself: prints how many microseconds something took. */
final class InJvm {
    private static final int THREADS = 200;
    private static final int CALLS = 200_000;
    private static final int REQUESTS = 2000;
    private static final int WARMING = 3000;

    private InJvm() {}

    @SuppressWarnings("SystemOut")
    static void main(String[] arguments) throws IOException, InterruptedException {
        System.out.println(
                switch (arguments[0]) {
                    case "later" -> later();
                    case "later warm" -> laterWarm();
                    case "threads" -> threads();
                    case "calls" -> calls(false);
                    case "calls pledged" -> calls(true);
                    case "http" -> http(false);
                    case "http pledged" -> http(true);
                    default -> throw new IllegalArgumentException(arguments[0]);
                });
    }

    private static double micros(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1000.0;
    }

    /** As {@link #later}, in a JVM that has compiled policies for a while, as one that starts many children has. */
    private static double laterWarm() {
        Promise[] all = Promise.values();
        for (int i = 0; i < WARMING; i++) {
            Sandbox.pledge(Promise.STDIO, all[i % all.length], all[i / 2 % all.length])
                    .prepare();
        }
        return later();
    }

    /** The median of later calls, each of which promises one word less than the one before. */
    private static double later() {
        List<String> words = new ArrayList<>();
        for (Promise promise : Promise.values()) {
            if (promise != Promise.ERROR && promise != Promise.UNVEIL) {
                words.add(promise.word());
            }
        }
        Pledge.pledge(String.join(" ", words));
        List<Double> times = new ArrayList<>();
        while (words.size() > 1) {
            words.removeLast();
            String fewer = String.join(" ", words);
            times.add(micros(() -> Pledge.pledge(fewer)));
        }
        times.sort(null);
        return times.get(times.size() / 2);
    }

    /** Entering with an unveil while 200 threads wait, in a JVM that has restricted itself before and so is warm. */
    private static double threads() {
        CountDownLatch end = new CountDownLatch(1);
        for (int i = 0; i < THREADS; i++) {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        Sandbox usr = Sandbox.pledge("stdio rpath unveil")
                .unveil(Path.of("/usr"), "r")
                .unveil(Path.of("/tmp"), "r");
        usr.enter();
        return micros(usr::enter);
    }

    /** One system call. */
    private static double calls(boolean pledged) {
        if (pledged) {
            Pledge.pledge("stdio rpath");
        }
        double fastest = Double.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            double time = micros(() -> {
                for (int i = 0; i < CALLS / 20; i++) {
                    Kernel.call("getppid");
                }
            });
            fastest = Math.min(fastest, time / (CALLS / 20.0));
        }
        return fastest;
    }

    /** One request, of many on one connection. */
    private static double http(boolean pledged) throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int i = 0; i < REQUESTS; i++) {
                client.send(request, HttpResponse.BodyHandlers.discarding());
            }
            if (pledged) {
                Sandbox.pledge("stdio rpath inet").unveil(Path.of("/srv"), "r").enter();
            }
            long start = System.nanoTime();
            for (int i = 0; i < REQUESTS; i++) {
                client.send(request, HttpResponse.BodyHandlers.discarding());
            }
            double time = (System.nanoTime() - start) / 1000.0 / REQUESTS;
            server.stop(0);
            System.out.flush();
            return time;
        }
    }
}
