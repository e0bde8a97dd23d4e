package io.jobledger.bench;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** What callers send: each supplier is for one caller. */
final class Requests {
    private Requests() {}

    /** Batches of events of runs that no other caller has. */
    static Supplier<byte[]> events(URI target, SampleSite site, int caller, int callers, int batch) {
        return new Supplier<>() {
            private long run = caller;
            private Iterator<byte[]> events = List.<byte[]>of().iterator();

            @Override
            public byte[] get() {
                ByteArrayOutputStream lines = new ByteArrayOutputStream(batch * 600);
                for (int i = 0; i < batch; i++) {
                    if (!events.hasNext()) {
                        events = site.run(run).events().iterator();
                        run += callers;
                    }
                    lines.writeBytes(events.next());
                    lines.write('\n');
                }
                return Caller.request(target, "POST", "/api/v1/events", "application/x-ndjson", lines.toByteArray());
            }
        };
    }

    /** Lookups of jobs that a generated ledger holds, at random. */
    static Supplier<byte[]> lookups(URI target, SampleSite site, int caller) {
        SplittableRandom random = new SplittableRandom(caller);
        List<byte[]> made = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            site.run(random.nextLong(site.runs()))
                    .keys()
                    .forEach(key -> made.add(Caller.request(
                            target,
                            "GET",
                            "/api/v1/jobs/" + escape(key.host()) + "/" + escape(key.play()) + "/" + escape(key.job()),
                            null,
                            null)));
        }
        return any(made, random);
    }

    /** Any of these paths, at random. */
    static Supplier<byte[]> paths(URI target, List<String> paths, int caller) {
        return any(
                paths.stream()
                        .map(path -> Caller.request(target, "GET", path, null, null))
                        .toList(),
                new SplittableRandom(caller));
    }

    private static Supplier<byte[]> any(List<byte[]> requests, SplittableRandom random) {
        return () -> requests.get(random.nextInt(requests.size()));
    }

    private static String escape(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
