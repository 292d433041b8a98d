package org.jpledge.tools.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Random;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The samples of kmsg.txt and dmesg.txt were written by kernels; the other two hold the same records in other clothes. */
class TrailTest {
    private static final String HEAD = "audit: type=1326 audit(1700000000.123:42): ";
    private static final String CALL = "uid=0 pid=7 comm=\"x\" exe=\"/x\" arch=c000003e syscall=257 code=0x80000000";

    private static Trail read(String... samples) throws IOException {
        Trail trail = new Trail();
        for (String sample : samples) {
            try (InputStream in = TrailTest.class.getResourceAsStream(sample)) {
                assertThat(in).as(sample).isNotNull();
                trail.read(in);
            }
        }
        return trail;
    }

    private static Trail of(String text) throws IOException {
        Trail trail = new Trail();
        trail.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
        return trail;
    }

    private static List<String> lines(Trail trail) {
        return trail.refusals(0).stream().map(Violators::line).toList();
    }

    @Test
    void whatTheKernelWritesOfSeccompAndLandlockBecomesLines() throws IOException {
        Trail trail = read("kmsg.txt");
        assertThat(lines(trail))
                .containsExactly(
                        "init[94]: \"rpath|wpath|cpath|tmppath\", syscall 257 (openat), kill",
                        "init[95]: \"inet|anet|unix|dns|route|...\", syscall 41 (socket), log (it was allowed)",
                        "init[96]: \"inet|anet|unix|dns|route|...\", syscall 41 (socket), errno",
                        "init[97]: \"inet|anet|unix|dns|route|...\", syscall 41 (socket), trap",
                        "init[98]: \"r\", /etc/passwd (fs.read_file)",
                        "init[98]: \"r\", /etc/passwd (fs.read_file)",
                        "init[98]: \"r\", /etc (fs.read_dir)",
                        "init[98]: \"w\", /etc/passwd (fs.write_file)",
                        "init[98]: \"c\", /t (fs.make_reg)",
                        "init[98]: \"c\", /t (fs.make_reg)",
                        "init[98]: \"c\", /t (fs.make_dir)",
                        "init[98]: \"c\", /t (fs.make_sym)",
                        "init[98]: \"w\", /etc/passwd (fs.truncate)",
                        "init[98]: \"c\", /t/a (fs.remove_file fs.refer)",
                        "init[98]: \"c\", /t/b (fs.make_reg fs.refer)",
                        "init[98]: \"c\", /t/a (fs.remove_file)",
                        "init[98]: \"c\", /t (fs.remove_dir)",
                        "init[98]: \"x\", /init (fs.execute fs.read_file)",
                        "init[98]: no promise, /t (fs.change_topology)",
                        "init[98]: \"connect\", 127.0.0.1:80 (net.connect_tcp)",
                        "init[98]: \"bind\", 127.0.0.1:80 (net.bind_tcp)",
                        "init[98]: \"connect\", [::1]:8080 (net.connect_tcp)",
                        "init[98]: \"connect\", 127.0.0.1:80 (net.connect_send_udp)",
                        "init[98]: \"connect\", 127.0.0.1:80 (net.connect_send_udp)",
                        "init[98]: \"proc\", init[1] (scope.signal)",
                        "init[98]: no promise, init[1] (ptrace)",
                        "init[98]: \"unix\", @abstract (scope.abstract_unix_socket)",
                        "init[98]: \"w\", /t/sock (fs.resolve_unix)",
                        "odd \"name\"[99]: \"r\", /etc/passwd (fs.read_file)",
                        "odd \"name\"[99]: \"r\", /etc/passwd (fs.read_file)");
        assertThat(trail.malformed()).isZero();
    }

    @Test
    void whatDmesgShowsIsRead() throws IOException {
        assertThat(lines(read("dmesg.txt")))
                .anySatisfy(line -> assertThat(line).startsWith("VM Thread["))
                .anySatisfy(line -> assertThat(line).startsWith("cat[").endsWith("syscall 257 (openat), kill"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"audit.log", "journal.json"})
    void theSameRecordsAreTheSameInEveryLog(String sample) throws IOException {
        List<String> kernel = lines(read("kmsg.txt"));
        Trail trail = read(sample);
        assertThat(lines(trail)).containsAll(kernel).doesNotContain("forged[1]");
        assertThat(trail.malformed()).isZero();
    }

    @Test
    void aRecordThatSeveralLogsHaveCountsOnce() throws IOException {
        assertThat(lines(read("kmsg.txt", "audit.log", "kmsg.txt"))).hasSameSizeAs(lines(read("kmsg.txt")));
    }

    @Test
    void inTheJournalOnlyTheKernelSpeaksForTheKernel() throws IOException {
        assertThat(lines(read("journal.json")))
                .noneMatch(line -> line.startsWith("forged"))
                .contains("curl[77]: \"inet|anet|unix|dns|route|...\", syscall 198 (socket) of aarch64, kill");
    }

    @Test
    void whoMadeTheCallIsSaidByTheCallWhoRestrictedItByTheDomain() throws IOException {
        String access = "audit: type=1423 audit(1.000:5): domain=a blockers=fs.read_file path=\"/f\"\n";
        String domain = "audit: type=1424 audit(1.000:4): domain=a status=allocated mode=enforcing pid=10 uid=0"
                + " exe=\"/p\" comm=\"parent\"\n";
        String call =
                "audit: type=1300 audit(1.000:5): arch=c000003e syscall=2 pid=11 uid=0 comm=\"child\" exe=\"/c\"\n";
        assertThat(lines(of(access))).containsExactly("?: \"r\", /f (fs.read_file)");
        assertThat(lines(of(access + domain))).containsExactly("parent[10]: \"r\", /f (fs.read_file)");
        assertThat(lines(of(domain + access + call))).containsExactly("child[11]: \"r\", /f (fs.read_file)");
        assertThat(lines(of(
                        domain + access + "audit: type=1424 audit(2.000:6): domain=a status=deallocated denials=1\n")))
                .containsExactly("parent[10]: \"r\", /f (fs.read_file)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "audit: type=1326 audit(1700000000.123",
                "audit: type=1326",
                "type=SECCOMP msg=audit(x.1:2): " + CALL,
                "type=SECCOMP msg=audit(1.1000:2): " + CALL,
                "type=SECCOMP msg=audit(1.100:): " + CALL,
                "type=SECCOMP msg=audit(99999999999999999999.100:1): " + CALL,
                HEAD + "pid=1",
                HEAD + "pid=99999999999 arch=c000003e syscall=1 code=0x0",
                HEAD + "pid=1 arch=zebra syscall=1 code=0x0",
                "type=LANDLOCK_ACCESS msg=audit(1.000:1): domain=1",
                "{\"_TRANSPORT\":\"audit\",\"_AUDIT_TYPE\":\"1326\"}",
                "{\"_TRANSPORT\":\"ker",
                "{"
            })
    void whatCannotBeReadIsCountedAndNothingElseIsLost(String line) throws IOException {
        Trail trail = of(line + '\n' + HEAD + CALL + '\n' + line);
        assertThat(trail.malformed()).isEqualTo(2);
        assertThat(trail.refusals(0)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[   12.5] usb 1-1: new device",
                "type=LOGIN msg=audit(1.100:3): pid=1",
                "type=",
                "{\"_TRANSPORT\":\"kernel\",\"MESSAGE\":null}",
                "{\"MESSAGE\":[300,-1,\"x\",{}]}"
            })
    void whatIsNoRecordOfARefusalIsPassedOver(String line) throws IOException {
        Trail trail = of(line);
        assertThat(trail.malformed()).isZero();
        assertThat(trail.refusals(0)).isEmpty();
    }

    @Test
    void noLineOfAnyBytesMakesItThrow() throws IOException {
        List<String> samples = List.of(
                HEAD + CALL,
                "type=SECCOMP msg=audit(1.1:2): comm=6F6464 " + CALL + "\u001dARCH=x",
                "type=UNKNOWN[1423] msg=audit(1.1:2): domain=1 blockers=net.bind_tcp saddr=::1 src=80 path=00FF",
                "{\"_TRANSPORT\":\"audit\",\"_AUDIT_TYPE\":\"1326\",\"_AUDIT_ID\":\"7\",\"__REALTIME_TIMESTAMP\":\"1700000000000000\","
                        + "\"MESSAGE\":[83,32,112,105,100,61,49]}");
        String pool = "type=audit(1326:.)\"={}[],\\x1d \0\377\n0123456789abcdefABCDEF-";
        long seed = 20261123;
        Random random = new Random(seed);
        for (int i = 0; i < 30_000; i++) {
            StringBuilder line = new StringBuilder(samples.get(random.nextInt(samples.size())));
            for (int change = random.nextInt(6); change >= 0; change--) {
                int at = random.nextInt(line.length());
                switch (random.nextInt(4)) {
                    case 0 -> line.deleteCharAt(at);
                    case 1 -> line.insert(at, pool.charAt(random.nextInt(pool.length())));
                    case 2 -> line.setCharAt(at, (char) random.nextInt(256));
                    default -> line.setLength(at + 1);
                }
                if (line.isEmpty()) {
                    line.append(' ');
                }
            }
            Trail trail = of(line.toString());
            for (Refusal refusal : trail.refusals(0)) {
                assertThat(Violators.line(refusal))
                        .as("seed %d, round %d", seed, i)
                        .matches("[ -~\\x80-\\xff]*");
                JsonTest.parse(Json.text(Violators.json(refusal)));
            }
            assertThat(Violators.text(trail.refusals(0), ZoneOffset.UTC)).doesNotContain("\033");
        }
        byte[] noise = new byte[300_000];
        random.nextBytes(noise);
        assertThat(of(new String(noise, StandardCharsets.ISO_8859_1)).refusals(0))
                .isEmpty();
    }

    @Test
    void anEndlessLineIsOneMalformedLine() throws IOException {
        Trail trail = of("type=SECCOMP " + "x".repeat(1_000_000) + '\n' + HEAD + CALL);
        assertThat(trail.malformed()).isEqualTo(1);
        assertThat(trail.refusals(0)).hasSize(1);
    }

    @Test
    void deepJsonIsMalformed() throws IOException {
        assertThat(of("{\"a\":" + "[".repeat(100_000)).malformed()).isEqualTo(1);
    }

    @Test
    void theSummaryHasOnlyViolatorsAndCountsWhatComesAgain() throws IOException {
        StringBuilder log = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            log.append("audit: type=1326 audit(")
                    .append(1_700_000_000 + i)
                    .append(".000:1): uid=5 pid=")
                    .append(i + 7)
                    .append(" comm=\"cat\" exe=\"/bin/cat\" arch=c000003e syscall=59 code=0x80000000\n");
        }
        log.append("audit: type=1326 audit(1700000001.000:2): uid=0 pid=9 comm=1B5B33316D exe=\"/evil\" arch=c000003e"
                + " syscall=165 code=0x50000\n");
        assertThat(Violators.text(of(log.toString()).refusals(0), ZoneOffset.UTC))
                .isEqualTo("""
                        /bin/cat: 3 refusals, 2023-11-14 22:13:20 to 22:13:22, uid 5
                              3  cat[9]: "exec", syscall 59 (execve), kill, in 3 processes

                        /evil: 1 refusal, 2023-11-14 22:13:21, uid 0
                              1  \\x1b[31m[9]: no promise, syscall 165 (mount), errno
                        """);
        assertThat(of(log.toString()).refusals(1_700_000_002_000L)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "today,2026-11-23T00:00",
        "yesterday,2026-11-22T00:00",
        "90s,2026-11-23T12:28:30",
        "2h,2026-11-23T10:30",
        "3d,2026-11-20T12:30",
        "1w,2026-11-16T12:30",
        "2026-01-02,2026-01-02T00:00",
        "2026-01-02T03:04,2026-01-02T03:04",
        "2026-01-02 03:04:05,2026-01-02T03:04:05"
    })
    void timesAreReadAsPeopleWriteThem(String word, String meant) {
        ZonedDateTime now = ZonedDateTime.parse("2026-11-23T12:30:00Z");
        assertThat(Since.parse(word, now))
                .contains(ZonedDateTime.parse(meant + (meant.length() == 16 ? ":00Z" : "Z"))
                        .toInstant()
                        .toEpochMilli());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "h", "-2h", "tomorrow", "2x", "99999999999h", "2026-13-01", "2026-02-30", "2026-11-23T"})
    void otherWordsAreNoTimes(String word) {
        assertThat(Since.parse(word, ZonedDateTime.parse("2026-11-23T12:30:00Z")))
                .isEmpty();
    }
}
