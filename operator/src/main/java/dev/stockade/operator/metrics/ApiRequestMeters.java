package dev.stockade.operator.metrics;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.util.List;

/** Counts what the operator asks of the API server, by verb, resource and status; 0 is a connection that failed. */
public final class ApiRequestMeters implements Interceptor {
    /** Under which the client keeps it. */
    public static final String NAME = "stockade-metrics";

    private final MeterRegistry meters;

    public ApiRequestMeters(MeterRegistry meters) {
        this.meters = requireNonNull(meters);
    }

    @Override
    public void after(HttpRequest request, HttpResponse<?> response, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        count(request, response.code());
    }

    @Override
    public void afterConnectionFailure(HttpRequest request, Throwable failure) {
        count(request, 0);
    }

    private void count(HttpRequest request, int code) {
        ApiRequest asked = ApiRequest.of(request.method(), request.uri());
        Counter.builder("stockade.api.requests")
                .description("Requests to the API server by what was asked and the status of the answer; 0 is none")
                .tag("verb", asked.verb())
                .tag("resource", asked.resource())
                .tag("code", Integer.toString(code))
                .register(meters)
                .increment();
    }
}
