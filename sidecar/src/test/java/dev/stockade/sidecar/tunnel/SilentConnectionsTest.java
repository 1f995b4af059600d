package dev.stockade.sidecar.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A way to the other side on which, from one moment on, nothing arrives any more, and no end of it either. */
class SilentConnectionsTest {
    private EchoingSide side;
    private DeadEnd way;
    private TunnelPool pool;

    @BeforeEach
    void listen() throws Exception {
        side = new EchoingSide();
        way = new DeadEnd(side.port);
        pool = side.pool(way.port());
    }

    @AfterEach
    void close() throws Exception {
        side.close();
        way.close();
    }

    private TunnelStream acquire() throws Exception {
        CompletableFuture<TunnelStream> got = new CompletableFuture<>();
        side.calling
                .loop()
                .execute(() -> pool.acquire(side.server).addListener((Future<TunnelStream> acquired) -> {
                    if (acquired.isSuccess()) {
                        got.complete(acquired.getNow());
                    } else {
                        got.completeExceptionally(acquired.cause());
                    }
                }));
        try {
            return got.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Test
    void aNewStreamGoesAnotherWayWhenNothingIsHeardOnTheConnectionThatThereIs() throws Exception {
        // Given a connection with a stream, on which nothing arrives any more
        Channel held = acquire().channel();
        way.swallow();

        // When another stream is wanted
        Channel next = acquire().channel();

        // Then it is opened over a new connection, and what was open waits on
        assertThat(next.parent()).isNotSameAs(held.parent());
        assertThat(next.isActive()).isTrue();
        assertThat(side.accepted).hasSize(2);
    }

    @Test
    void aConnectionOnWhichNothingIsHeardIsClosedWithAllOfItsStreams() throws Exception {
        Channel held = acquire().channel();

        way.swallow();

        assertThat(held.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void oneThatWasSilentForAWhileIsUsedAgain() throws Exception {
        Channel held = acquire().channel();
        way.swallow();
        acquire();

        way.resume();

        CompletableFuture<Void> heard = new CompletableFuture<>();
        side.calling
                .loop()
                .scheduleAtFixedRate(
                        () -> pool.acquire(side.server).addListener((Future<TunnelStream> acquired) -> {
                            if (acquired.isSuccess()
                                    && acquired.getNow().channel().parent().equals(held.parent())) {
                                heard.complete(null);
                            }
                        }),
                        0,
                        100,
                        TimeUnit.MILLISECONDS);
        heard.get(60, TimeUnit.SECONDS);
        assertThat(held.isActive()).isTrue();
    }

    @Test
    void theEndOfAPoolEndsConnectionsThatTakeNothingNew() throws Exception {
        Channel held = acquire().channel();
        way.swallow();
        acquire();

        side.calling.loop().submit(pool::close).sync();

        assertThat(held.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(held.isActive()).isFalse();
    }
}
