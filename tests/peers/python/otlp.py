"""A collector of telemetry: OTLP over gRPC and over HTTP, read by OpenTelemetry's own generated code.

It says on stdout where it listens, gRPC first. `GET /seen` over HTTP answers with everything that has come.
"""

import gzip
import json
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as traces_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

seen = {"spans": [], "metrics": [], "logs": []}
lock = threading.Lock()


def plain(value):
    """A value with its type: `{"int_value": 200}` is `["int", 200]`."""
    kind = value.WhichOneof("value")
    if kind is None:
        return ["nothing", None]
    if kind == "array_value":
        return ["list", [plain(item) for item in value.array_value.values]]
    if kind == "kvlist_value":
        return ["map", {pair.key: plain(pair.value) for pair in value.kvlist_value.values}]
    content = getattr(value, kind)
    return [kind.removesuffix("_value"), content.hex() if kind == "bytes_value" else content]


def attributes(pairs):
    return {pair.key: plain(pair.value) for pair in pairs}


def duplicates(pairs):
    keys = [pair.key for pair in pairs]
    return sorted({key for key in keys if keys.count(key) > 1})


def take_traces(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield "spans", {
                    "name": span.name,
                    "kind": Span.SpanKind.Name(span.kind),
                    "status": Status.StatusCode.Name(span.status.code),
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "attributes": attributes(span.attributes),
                    "duplicates": duplicates(span.attributes) + duplicates(resource.resource.attributes),
                    "scope": [scope.scope.name, scope.scope.version, scope.schema_url],
                    "resource": attributes(resource.resource.attributes),
                }


def take_metrics(request):
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                data = getattr(metric, metric.WhichOneof("data"))
                yield "metrics", {
                    "name": metric.name,
                    "unit": metric.unit,
                    "shape": metric.WhichOneof("data"),
                    "points": [attributes(point.attributes) for point in data.data_points],
                    "counts": [getattr(point, "count", None) for point in data.data_points],
                }


def take_logs(request):
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield "logs", {
                    "body": plain(record.body),
                    "severity": record.severity_text,
                    "trace": record.trace_id.hex(),
                    "attributes": attributes(record.attributes),
                }


SIGNALS = {
    "/v1/traces": (traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse, take_traces),
    "/v1/metrics": (metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse, take_metrics),
    "/v1/logs": (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse, take_logs),
}


def take(path, request):
    _, response, read = SIGNALS[path]
    with lock:
        for kind, item in read(request):
            seen[kind].append(item)
    return response()


class Traces(traces_grpc.TraceServiceServicer):
    def Export(self, request, context):
        return take("/v1/traces", request)


class Metrics(metrics_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        return take("/v1/metrics", request)


class Logs(logs_grpc.LogsServiceServicer):
    def Export(self, request, context):
        return take("/v1/logs", request)


class Http(BaseHTTPRequestHandler):
    def do_GET(self):
        with lock:
            body = json.dumps(seen).encode()
        self.answer(200 if self.path == "/seen" else 404, "application/json", body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        known = self.path in SIGNALS and self.headers["content-type"] == "application/x-protobuf"
        if not known:
            self.answer(404, "text/plain", b"")
            return
        request = SIGNALS[self.path][0].FromString(body)
        response = take(self.path, request).SerializeToString()
        self.answer(200, "application/x-protobuf", response)

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def main():
    server = grpc.server(futures.ThreadPoolExecutor(4))
    traces_grpc.add_TraceServiceServicer_to_server(Traces(), server)
    metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    logs_grpc.add_LogsServiceServicer_to_server(Logs(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    print(f"OTLP over gRPC on 127.0.0.1:{port}, over HTTP on 127.0.0.1:{http.server_port}", flush=True)
    http.serve_forever()


main()
