package io.jobledger.bench;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The least that a server of this kind can do: reads a POST's body and answers an empty 200; answers a GET with a
 * constant. Ends with its standard input.
 */
@Command(name = "http-floor", mixinStandardHelpOptions = true, description = "A server that does nothing.")
final class HttpFloor implements Callable<Integer> {
    @Option(names = "--port", required = true)
    private int port;

    @Option(names = "--bytes", defaultValue = "900", description = "Size of the constant.")
    private int bytes;

    @Override
    public Integer call() throws IOException {
        int loops = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops).setWorkerPoolSize(2));
        Buffer constant = Buffer.buffer("\"" + "x".repeat(Math.max(0, bytes - 2)) + "\"");
        for (int i = 0; i < loops; i++) {
            vertx.deployVerticle(new VerticleBase() {
                        @Override
                        public Future<?> start() {
                            return vertx.createHttpServer(new HttpServerOptions()
                                            .setHost("127.0.0.1")
                                            .setPort(port)
                                            .setTcpNoDelay(true))
                                    .requestHandler(request -> {
                                        if (request.method() == HttpMethod.GET) {
                                            request.response()
                                                    .putHeader("content-type", "application/json")
                                                    .end(constant.copy());
                                        } else {
                                            request.body()
                                                    .onSuccess(body ->
                                                            request.response().end());
                                        }
                                    })
                                    .listen();
                        }
                    })
                    .await();
        }
        System.out.println("ready http://127.0.0.1:" + port);
        while (System.in.read() >= 0) {
            // Nothing is said to it.
        }
        vertx.close().await();
        return 0;
    }
}
