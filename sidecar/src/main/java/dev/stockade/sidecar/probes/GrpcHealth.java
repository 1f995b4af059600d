package dev.stockade.sidecar.probes;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.stockade.sidecar.environment.ProbeAction;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/**
 * {@code grpc.health.v1.Health/Check}. Its two messages have one field each, so they are written and read by hand rather than
 * by one more generated library.
 */
final class GrpcHealth {
    private static final int SERVICE = 1;
    private static final int STATUS = 1;
    private static final int SERVING = 1;

    private static final MethodDescriptor<String, Integer> CHECK = MethodDescriptor.<String, Integer>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .setRequestMarshaller(new Request())
            .setResponseMarshaller(new Response())
            .build();

    private final EventLoops loops;

    GrpcHealth(EventLoops loops) {
        this.loops = requireNonNull(loops);
    }

    Future<ProbeResult> check(ProbeAction.Grpc probe, EventLoop loop) {
        Promise<ProbeResult> result = loop.newPromise();
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", probe.port())
                .usePlaintext()
                .eventLoopGroup(loops.control())
                .channelType(loops.socket())
                .executor(loop)
                .offloadExecutor(loops.control())
                .disableRetry()
                .build();
        result.addListener(done -> channel.shutdownNow());
        ClientCalls.asyncUnaryCall(
                channel.newCall(
                        CHECK,
                        CallOptions.DEFAULT.withDeadlineAfter(probe.timeout().toMillis(), TimeUnit.MILLISECONDS)),
                probe.service(),
                new StreamObserver<>() {
                    @Override
                    public void onNext(Integer status) {
                        result.trySuccess(new ProbeResult(
                                status == SERVING, "health is " + (status == SERVING ? "SERVING" : "not SERVING")));
                    }

                    @Override
                    public void onError(Throwable why) {
                        result.trySuccess(ProbeResult.failed("Health/Check failed: "
                                + Status.fromThrowable(why).getCode()));
                    }

                    @Override
                    public void onCompleted() {
                        result.trySuccess(ProbeResult.failed("Health/Check gave no status"));
                    }
                });
        return result;
    }

    private static final class Request implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String service) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try {
                CodedOutputStream out = CodedOutputStream.newInstance(bytes);
                if (!service.isEmpty()) {
                    out.writeString(SERVICE, service);
                }
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new ByteArrayInputStream(bytes.toByteArray());
        }

        @Override
        public String parse(InputStream stream) {
            throw new UnsupportedOperationException("requests are only sent");
        }
    }

    private static final class Response implements MethodDescriptor.Marshaller<Integer> {
        @Override
        public InputStream stream(Integer status) {
            throw new UnsupportedOperationException("responses are only received");
        }

        @Override
        public Integer parse(InputStream stream) {
            try {
                CodedInputStream in = CodedInputStream.newInstance(stream);
                int status = 0;
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (tag >>> 3 == STATUS) {
                        status = in.readEnum();
                    } else {
                        in.skipField(tag);
                    }
                }
                return status;
            } catch (IOException e) {
                throw Status.INTERNAL
                        .withDescription("the health response cannot be read")
                        .asRuntimeException();
            }
        }
    }
}
