"""An OpenTelemetry collector of a test: reads OTLP/HTTP in JSON by the published protocol buffers, strictly, and prints
each span as a line of JSON. Its first line is its URL. It is busy when it is asked for the first time."""

import json
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = ("traceId", "spanId", "parentSpanId")


def with_ids_in_base64(body):
    """OTLP writes ids in hexadecimal, JSON of protocol buffers writes bytes in base64."""
    for spans in (scope["spans"] for resource in body["resourceSpans"] for scope in resource["scopeSpans"]):
        for span in spans:
            assert [len(span[key]) for key in IDS] == [32, 16, 16], span
            span.update({key: b64encode(bytes.fromhex(span[key])).decode() for key in IDS})
    return body


def plain(attributes):
    return {it.key: list(MessageToDict(it.value).values())[0] for it in attributes}


def show(request):
    for resource in request.resource_spans:
        of_node = plain(resource.resource.attributes)
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            line = {
                "service": of_node["service.name"],
                "node": of_node["hubwire.node"],
                "name": span.name,
                "kind": span.kind,
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "start": span.start_time_unix_nano,
                "end": span.end_time_unix_nano,
                "error": span.status.code == 2,
                "message": span.status.message,
                **plain(span.attributes),
            }
            print(json.dumps(line), flush=True)


class Collector(BaseHTTPRequestHandler):
    was_busy = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json", self.headers
        if Collector.was_busy:
            show(Parse(json.dumps(with_ids_in_base64(json.loads(body))), ExportTraceServiceRequest()))
        self.send_response(200 if Collector.was_busy else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
        Collector.was_busy = True

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
print(f"http://127.0.0.1:{server.server_port}/v1/traces", flush=True)
server.serve_forever()
