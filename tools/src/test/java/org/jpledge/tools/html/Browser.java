package org.jpledge.tools.html;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A headless Chromium, spoken to by its DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final List<String> PROGRAMS =
            List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final List<String> requests = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final String session;
    private boolean loaded;
    private int number;

    /** Where one is installed; null if there is none. */
    static @Nullable Path installed() {
        for (String program : PROGRAMS) {
            if (Files.isExecutable(Path.of(program))) {
                return Path.of(program);
            }
        }
        return null;
    }

    Browser(Path program, Path directory) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                program.toString(),
                "--headless=new",
                // Root may not use Chromium's own sandbox.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                "--user-data-dir=" + directory,
                "about:blank");
        builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile());
        builder.environment().put("HOME", directory.toString());
        process = builder.start();
        Path port = directory.resolve("DevToolsActivePort");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(port) || Files.readAllLines(port).size() < 2) {
            if (System.nanoTime() > until || !process.isAlive()) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        "chromium does not start: " + Files.readString(directory.resolve("log")));
            }
            Thread.sleep(50);
        }
        List<String> lines = Files.readAllLines(port);
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1)), new Listener())
                .join();
        JsonObject target = new JsonObject();
        target.addProperty("url", "about:blank");
        String id = call("Target.createTarget", target, "").get("targetId").getAsString();
        JsonObject attach = new JsonObject();
        attach.addProperty("targetId", id);
        attach.addProperty("flatten", true);
        session = call("Target.attachToTarget", attach, "").get("sessionId").getAsString();
        for (String domain : List.of("Page", "Runtime", "Network", "Log")) {
            call(domain + ".enable", new JsonObject(), session);
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder part = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                messages.add(part.toString());
                part.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private JsonObject call(String method, JsonObject parameters, String to) throws InterruptedException {
        JsonObject message = new JsonObject();
        int id = ++number;
        message.addProperty("id", id);
        message.addProperty("method", method);
        message.add("params", parameters);
        if (!to.isEmpty()) {
            message.addProperty("sessionId", to);
        }
        socket.sendText(message.toString(), true).join();
        while (true) {
            JsonObject answer = next();
            if (answer.has("id") && answer.get("id").getAsInt() == id) {
                if (answer.has("error")) {
                    throw new IllegalStateException(method + ": " + answer.get("error"));
                }
                return answer.getAsJsonObject("result");
            }
        }
    }

    private JsonObject next() throws InterruptedException {
        String text = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (text == null) {
            throw new IllegalStateException("chromium does not answer");
        }
        JsonObject message = JsonParser.parseString(text).getAsJsonObject();
        String method = message.has("method") ? message.get("method").getAsString() : "";
        switch (method) {
            case "Network.requestWillBeSent" ->
                requests.add(message.getAsJsonObject("params")
                        .getAsJsonObject("request")
                        .get("url")
                        .getAsString());
            case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled" -> complaints.add(text);
            case "Page.loadEventFired" -> loaded = true;
            default -> {}
        }
        return message;
    }

    /** Goes to a page, and waits until it is there. */
    void open(Path page) throws InterruptedException {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("url", page.toUri().toString());
        loaded = false;
        call("Page.navigate", parameters, session);
        while (!loaded) {
            next();
        }
    }

    /** The size of the window in pixels of CSS, and the colours that its user likes. */
    void looks(int width, int height, String scheme) throws InterruptedException {
        JsonObject size = new JsonObject();
        size.addProperty("width", width);
        size.addProperty("height", height);
        size.addProperty("deviceScaleFactor", 1);
        size.addProperty("mobile", false);
        call("Emulation.setDeviceMetricsOverride", size, session);
        JsonObject feature = new JsonObject();
        feature.addProperty("name", "prefers-color-scheme");
        feature.addProperty("value", scheme);
        JsonArray features = new JsonArray();
        features.add(feature);
        JsonObject media = new JsonObject();
        media.add("features", features);
        call("Emulation.setEmulatedMedia", media, session);
    }

    /** What an expression is worth. */
    JsonElement value(String expression) throws InterruptedException {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("expression", expression);
        parameters.addProperty("returnByValue", true);
        parameters.addProperty("awaitPromise", true);
        JsonObject answer = call("Runtime.evaluate", parameters, session);
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
        }
        JsonObject result = answer.getAsJsonObject("result");
        return result.has("value") ? result.get("value") : JsonNull.INSTANCE;
    }

    String text(String expression) throws InterruptedException {
        return value(expression).getAsString();
    }

    /** Presses keys that have names, such as ArrowDown. */
    void press(String... keys) throws InterruptedException {
        for (String key : keys) {
            for (String type : List.of("keyDown", "keyUp")) {
                JsonObject parameters = new JsonObject();
                parameters.addProperty("type", type);
                parameters.addProperty("key", key);
                parameters.addProperty("code", key);
                if (key.equals("Tab")) {
                    parameters.addProperty("windowsVirtualKeyCode", 9);
                } else if (key.length() == 1) {
                    parameters.addProperty("text", key);
                } else if (key.equals("Enter")) {
                    parameters.addProperty("text", "\r");
                    parameters.addProperty("windowsVirtualKeyCode", 13);
                }
                call("Input.dispatchKeyEvent", parameters, session);
            }
        }
    }

    void type(String text) throws InterruptedException {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("text", text);
        call("Input.insertText", parameters, session);
        frame();
    }

    /** Waits until what was changed has been drawn. */
    void frame() throws InterruptedException {
        value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
    }

    /** Clicks on the middle of an element. */
    void click(String selector) throws InterruptedException {
        JsonObject place = JsonParser.parseString(text("(() => { const e = document.querySelector('" + selector
                        + "'); e.scrollIntoView({block:'center'}); const r = e.getBoundingClientRect();"
                        + " return JSON.stringify({x: r.x + r.width / 2, y: r.y + r.height / 2}); })()"))
                .getAsJsonObject();
        for (String type : List.of("mouseMoved", "mousePressed", "mouseReleased")) {
            JsonObject parameters = new JsonObject();
            parameters.addProperty("type", type);
            parameters.add("x", place.get("x"));
            parameters.add("y", place.get("y"));
            parameters.addProperty("button", "left");
            parameters.addProperty("clickCount", 1);
            call("Input.dispatchMouseEvent", parameters, session);
        }
        frame();
    }

    /** A picture of all of the page, as PNG. */
    byte[] screenshot() throws InterruptedException {
        frame();
        JsonObject parameters = new JsonObject();
        parameters.addProperty("format", "png");
        parameters.addProperty("captureBeyondViewport", true);
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", parameters, session)
                        .get("data")
                        .getAsString());
    }

    /** The addresses that were asked for. */
    List<String> requests() {
        return requests;
    }

    /** Errors, warnings and violations of the page's policy. */
    List<String> complaints() {
        return complaints;
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
    }
}
