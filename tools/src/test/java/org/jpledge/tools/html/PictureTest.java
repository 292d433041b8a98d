package org.jpledge.tools.html;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.JsonTest;
import org.jpledge.tools.text.Words;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnabledOnOs(architectures = "amd64")
class PictureTest {
    private static final String HOSTILE = "</script><img src=x onerror=alert(1)>\"'&\u202efdp.exe";

    /** How it is shown: nothing that turns the direction of what follows comes through. */
    private static final String SHOWN = "</script><img src=x onerror=alert(1)>\"'&\\xe2\\x80\\xaefdp.exe";

    /** Where people find the screenshots afterwards. */
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    private static final long START = 1_790_000_000_000_000_000L;

    private final Picture picture = new Picture("make " + Words.ofText(HOSTILE));
    private long clock = START;

    private void call(int process, String name, Outcome outcome, Argument... arguments) {
        clock += 50_000;
        picture.accept(new Syscall(
                new Task(process, process),
                clock,
                Arch.X86_64,
                SyscallTable.of(Arch.X86_64).number(name).orElseThrow(),
                name,
                List.of(arguments),
                outcome,
                10_000,
                false,
                0));
    }

    private void open(int process, String path, long flags, Outcome outcome) {
        call(
                process,
                "openat",
                outcome,
                new Argument.Descriptor("dirfd", -100, -100, "/home/me"),
                new Argument.PathName("pathname", 1, path, path, path),
                new Argument.Symbols("flags", flags, ""),
                new Argument.Symbols("mode", 0, ""));
    }

    private void aBuild() {
        Task make = new Task(100, 100);
        picture.accept(new Event.Started(make, clock, 0));
        picture.accept(new Event.Executed(make, clock, "/usr/bin/make"));
        for (int i = 0; i < 40; i++) {
            open(100, "/home/me/src/part" + i + ".c", 0, new Outcome.Returned(3, ""));
            call(100, "getpid", new Outcome.Returned(100, ""));
        }
        Task compiler = new Task(101, 101);
        picture.accept(new Event.Started(compiler, clock, 100));
        picture.accept(new Event.Executed(compiler, clock, "/usr/bin/cc"));
        open(101, "/home/me/build/out.o", 0x241, new Outcome.Returned(3, ""));
        open(101, "/home/me/" + Words.ofText(HOSTILE), 0, new Outcome.Returned(3, ""));
        open(101, "/etc/shadow", 0, new Outcome.Failed("EACCES"));
        open(101, "/home/me/no\u00ffutf8\n", 0, new Outcome.Returned(3, ""));
        call(
                101,
                "connect",
                new Outcome.Failed("ECONNREFUSED"),
                new Argument.Descriptor("fd", 3, 3, "TCP"),
                new Argument.Socket("addr", 1, new Endpoint.Internet("AF_INET6", "2001:db8::1", 443)),
                new Argument.Whole("addrlen", 28, 28));
        picture.accept(new Event.Ended(compiler, clock, 139, "SIGSEGV"));
        call(100, "unlink", new Outcome.Returned(0, ""), new Argument.PathName("pathname", 1, "t", "/tmp/t", "/tmp/t"));
        picture.accept(new Event.Ended(make, clock, 2, ""));
    }

    private JsonObject data() {
        String page = picture.page("pledge -p 'stdio rpath' -- make");
        String before = "<script type=\"application/json\" id=\"data\">";
        int from = page.indexOf(before) + before.length();
        return JsonTest.parse(page.substring(from, page.indexOf("</script>", from)))
                .getAsJsonObject();
    }

    @Test
    void whatAProgramChoseIsNothingButText() {
        aBuild();
        String page = picture.page("pledge -p 'stdio rpath' -- make");
        assertThat(page).matches("(?s)[\\n -~]*").doesNotContain("<img").containsOnlyOnce("<title>");
        assertThat(page.split("</script>", -1)).hasSize(3);
        assertThat(data().get("title").getAsString()).isEqualTo("make " + SHOWN);
    }

    @Test
    void nothingInThePageComesFromElsewhere() {
        assertThat(picture.page("pledge -p 'stdio rpath' -- make"))
                .contains("default-src 'none'; style-src 'sha256-", "script-src 'sha256-")
                .doesNotContain("unsafe-inline", "http://www.example", "@import", "url(", " src=\"", "fetch(");
    }

    @Test
    void countsAreRight() {
        aBuild();
        JsonObject data = data();
        assertThat(data.get("calls").getAsInt()).isEqualTo(86);
        assertThat(data.get("failed").getAsInt()).isEqualTo(2);
        assertThat(data.get("refused").getAsInt()).isEqualTo(1);
        assertThat(data.getAsJsonObject("words").get("rpath").getAsInt()).isEqualTo(43);
        assertThat(data.getAsJsonObject("words").get("stdio").getAsInt()).isEqualTo(40);
        assertThat(data.getAsJsonArray("processes")).hasSize(2);
        assertThat(data.getAsJsonArray("contacts").toString()).contains("[2001:db8::1]:443", "tcp", "ECONNREFUSED");
        assertThat(data.getAsJsonArray("denied").toString()).contains("/etc/shadow", "EACCES", "rpath");
        for (var row : data.getAsJsonObject("timeline").getAsJsonArray("rows")) {
            long sum = 0;
            for (var slot : row.getAsJsonObject().getAsJsonArray("slots")) {
                sum += slot.getAsLong();
            }
            String name = row.getAsJsonObject().get("name").getAsString();
            assertThat(sum)
                    .as(name)
                    .isEqualTo(data.getAsJsonObject("words").get(name).getAsLong());
        }
    }

    /** The counts at a path, found by the names on the way. */
    private static JsonArray at(JsonArray node, String path) {
        if (path.isEmpty()) {
            return node.get(1).getAsJsonArray();
        }
        for (var child : node.get(2).getAsJsonArray()) {
            String name = child.getAsJsonArray().get(0).getAsString();
            if (path.equals(name)) {
                return at(child.getAsJsonArray(), "");
            }
            if (path.startsWith(name + '/')) {
                return at(child.getAsJsonArray(), path.substring(name.length() + 1));
            }
        }
        throw new AssertionError("no " + path + " in " + node);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "home/me/src/part7.c | [1,0,0,0,0,0,0]",
                "home/me/build/out.o | [0,1,1,0,0,0,0]",
                "tmp/t               | [0,0,1,0,0,0,0]",
                "etc/shadow          | [0,0,0,0,1,0,0]"
            })
    void pathsKnowWhatWasDoneToThem(String path, String deeds) {
        aBuild();
        assertThat(at(data().getAsJsonArray("paths"), path)).hasToString(deeds);
    }

    @Test
    void twoHundredThousandEventsMakeASmallPage() {
        for (int i = 0; i < 200_000; i++) {
            open(100 + i % 3_000, "/data/" + i % 50 + "/" + i % 5_000 + "/file", 0, new Outcome.Returned(3, ""));
        }
        assertThat(picture.page("pledge -p 'stdio rpath' -- make").length()).isLessThan(1_000_000);
        assertThat(data().get("calls").getAsInt()).isEqualTo(200_000);
        assertThat(data().get("untold").getAsInt()
                        + data().getAsJsonArray("processes").size())
                .isGreaterThanOrEqualTo(1_000);
    }

    @Test
    void aPathOfTwoThousandNamesIsShown() {
        open(1, "/a".repeat(2_000), 0, new Outcome.Returned(3, ""));
        assertThat(data().getAsJsonArray("paths").toString()).contains("a/a/a");
    }

    @Test
    void withoutAnyEventThereIsAPage() {
        assertThat(data().get("calls").getAsInt()).isZero();
    }

    private static BufferedImage image(Browser browser, String name) throws IOException, InterruptedException {
        byte[] png = browser.screenshot();
        Files.createDirectories(SCREENSHOTS);
        Files.write(SCREENSHOTS.resolve(name + ".png"), png);
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    private static int brightness(BufferedImage image, int x, int y) {
        int pixel = image.getRGB(x, y);
        return ((pixel >> 16 & 255) + (pixel >> 8 & 255) + (pixel & 255)) / 3;
    }

    private static Set<Integer> colours(BufferedImage image) {
        Set<Integer> colours = new HashSet<>();
        for (int x = 0; x < image.getWidth(); x += 2) {
            for (int y = 0; y < image.getHeight(); y += 2) {
                colours.add(image.getRGB(x, y));
            }
        }
        return colours;
    }

    private static Path program() {
        Path program = Browser.installed();
        Assumptions.assumeTrue(program != null, "chromium is not installed");
        return program == null ? Path.of("") : program;
    }

    @Test
    void aBrowserShowsItInLightAndDarkNarrowAndWide(@TempDir Path directory) throws Exception {
        aBuild();
        Path page = Files.writeString(directory.resolve("page.html"), picture.page("pledge -p 'stdio rpath' -- make"));
        try (Browser browser = new Browser(program(), Files.createDirectory(directory.resolve("profile")))) {
            for (int width : List.of(320, 768, 1280, 1600)) {
                for (String scheme : List.of("light", "dark")) {
                    browser.looks(width, 900, scheme);
                    browser.open(page);
                    assertThat(browser.value("document.documentElement.scrollWidth")
                                    .getAsInt())
                            .as("nothing sticks out at " + width)
                            .isLessThanOrEqualTo(width);
                    BufferedImage image = image(browser, "page-" + width + "-" + scheme);
                    int corner = brightness(image, 2, 2);
                    assertThat(scheme.equals("light") ? 255 - corner : corner).isLessThan(40);
                    assertThat(colours(image)).hasSizeGreaterThan(50);
                }
            }
            assertThat(browser.complaints()).isEmpty();
            assertThat(browser.requests())
                    .allMatch(url -> url.equals(page.toUri().toString()));
            assertThat(browser.text("typeof alert.called")).isEqualTo("undefined");
            assertThat(browser.value("document.images.length").getAsInt()).isZero();
            assertThat(browser.text("document.querySelector('h1').textContent")).isEqualTo("make " + SHOWN);
        }
    }

    private static final String FOCUSED =
            "document.activeElement.getAttribute('aria-label') || document.activeElement.id";

    @Test
    void itIsUsedWithTheKeyboardAlone(@TempDir Path directory) throws Exception {
        aBuild();
        Path page = Files.writeString(directory.resolve("page.html"), picture.page("pledge -p 'stdio rpath' -- make"));
        try (Browser browser = new Browser(program(), Files.createDirectory(directory.resolve("profile")))) {
            browser.looks(1280, 900, "light");
            browser.open(page);

            // From part to part, in the order of the page.
            List<String> stops = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                browser.press("Tab");
                stops.add(browser.text(
                        "document.activeElement.closest('section') ? document.activeElement.closest('section').id"
                                + " : document.activeElement.id || document.activeElement.className"));
            }
            assertThat(stops).containsSubsequence("skip", "result", "time", "files", "processes");

            // Along the time.
            browser.value("document.getElementById('timeline').focus()");
            browser.press("ArrowRight", "ArrowRight");
            assertThat(browser.text("document.getElementById('timeline').getAttribute('aria-valuetext')"))
                    .startsWith("from ")
                    .contains("rpath");
            assertThat(browser.text("document.getElementById('moment').textContent"))
                    .startsWith("from ");
            browser.press("Escape");
            assertThat(browser.text("document.getElementById('moment').textContent"))
                    .isEmpty();

            // Into the tree and through it.
            browser.press("/");
            assertThat(browser.text(FOCUSED)).isEqualTo("Search paths");
            browser.press("ArrowDown");
            assertThat(browser.text(FOCUSED)).startsWith("/, directory");
            browser.press("ArrowDown");
            assertThat(browser.text(FOCUSED)).startsWith("etc/shadow, refused 1");
            browser.press("ArrowDown");
            assertThat(browser.text(FOCUSED)).startsWith("home/me, directory").contains("read 42", "written 1");
            String expanded = "document.activeElement.getAttribute('aria-expanded')";
            browser.press("ArrowLeft");
            assertThat(browser.text(expanded)).isEqualTo("false");
            browser.press("ArrowRight");
            assertThat(browser.text(expanded)).isEqualTo("true");
            browser.press("ArrowRight", "End", "Home", "h");
            assertThat(browser.text(FOCUSED)).startsWith("home/me");

            // A search narrows the tree, and Escape gives all of it back.
            browser.press("/");
            browser.type("PART7");
            assertThat(browser.text("document.getElementById('found').textContent"))
                    .isEqualTo("1 path");
            assertThat(browser.value("document.querySelectorAll('#paths mark').length")
                            .getAsInt())
                    .isEqualTo(1);
            browser.press("ArrowDown", "Escape");
            browser.frame();
            assertThat(browser.text(FOCUSED)).isEqualTo("Search paths");
            assertThat(browser.text("document.getElementById('found').textContent"))
                    .isEqualTo("45 paths");
            browser.type("nothing like it");
            assertThat(browser.text("document.getElementById('found').textContent"))
                    .contains("No path with");
            browser.press("Escape");
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void itIsUsedWithTheMouse(@TempDir Path directory) throws Exception {
        aBuild();
        Path page = Files.writeString(directory.resolve("page.html"), picture.page("pledge -p 'stdio rpath' -- make"));
        try (Browser browser = new Browser(program(), Files.createDirectory(directory.resolve("profile")))) {
            browser.looks(1280, 900, "dark");
            browser.open(page);
            String etc =
                    "[...document.querySelectorAll('#paths [role=treeitem]')].some(e => e.getAttribute('aria-label').startsWith('etc'))";
            assertThat(browser.value(etc).getAsBoolean()).isTrue();
            browser.click("#deeds button:nth-child(4)");
            assertThat(browser.text(
                            "document.querySelector('#deeds button:nth-child(4)').getAttribute('aria-pressed')"))
                    .isEqualTo("false");
            assertThat(browser.value(etc).getAsBoolean()).isFalse();
            assertThat(image(browser, "without-refused").getWidth()).isEqualTo(1280);

            // A directory opens and closes.
            String items = "document.querySelectorAll('#paths [role=treeitem]').length";
            String expanded = "document.querySelector('#paths > li > ul > li').getAttribute('aria-expanded')";
            String before = browser.text(expanded);
            browser.click("#paths > li > ul > li > .row");
            assertThat(browser.text(expanded)).isNotEqualTo(before);
            assertThat(browser.value(items).getAsInt()).isPositive();

            // The processes are a tree, too.
            assertThat(browser.text("document.querySelector('#lives > li').getAttribute('aria-label')"))
                    .isEqualTo("make, process 100, 4.3 ms, exit 2, 81 calls");
            assertThat(browser.text("document.querySelector('#lives > li > ul > li').getAttribute('aria-label')"))
                    .startsWith("cc, process 101")
                    .endsWith("SIGSEGV, 5 calls");
            assertThat(browser.complaints()).isEmpty();
        }
    }
}
