package dev.stockade.sidecar.probes;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.environment.ProbeAction;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import javax.net.ssl.SSLException;

/** One GET, as kubelet makes it: its status decides, and a certificate is not verified. */
final class HttpGetProbe extends ChannelInboundHandlerAdapter {
    private final ProbeAction.HttpGet get;
    private final Promise<ProbeResult> result;

    HttpGetProbe(ProbeAction.HttpGet get, Promise<ProbeResult> result) {
        this.get = requireNonNull(get);
        this.result = requireNonNull(result);
    }

    /** It may be tried on a second address. */
    @Override
    public boolean isSharable() {
        return true;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws SSLException {
        if (get.https()) {
            ctx.pipeline()
                    .addFirst(SslContextBuilder.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .endpointIdentificationAlgorithm(null)
                            .build()
                            .newHandler(ctx.alloc()));
        }
        ctx.pipeline().addBefore(ctx.name(), "http", new HttpClientCodec());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, get.path());
        request.headers()
                .set(HttpHeaderNames.HOST, "localhost:" + get.port())
                .set(HttpHeaderNames.USER_AGENT, "kube-probe/stockade")
                .set(HttpHeaderNames.ACCEPT, "*/*")
                .set(HttpHeaderNames.CONNECTION, "close");
        for (int i = 0; i + 1 < get.headers().size(); i += 2) {
            request.headers().set(get.headers().get(i), get.headers().get(i + 1));
        }
        ctx.writeAndFlush(request);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpResponse response) {
            int status = response.status().code();
            boolean success =
                    status >= 200 && status < 400 && !response.decoderResult().isFailure();
            result.trySuccess(new ProbeResult(success, "GET " + get.path() + " was answered with " + status));
        }
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        result.trySuccess(ProbeResult.failed("the connection ended before GET " + get.path() + " was answered"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        result.trySuccess(ProbeResult.failed("GET " + get.path() + " failed: " + cause.getMessage()));
    }
}
