"""gRPC's interoperability cases as a Python team would write them with grpcio, the messages known from reflection alone.

Usage: interop.py ADDR. Prints how many cases passed; the first that fails ends the run with its traceback.
"""

import queue
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

BOUND = 30  # seconds: longer than any call takes on a busy machine
SERVICE = "grpc.testing.TestService"
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b\x0a\x0b\x0a\x0b")
UNKNOWN = grpc.StatusCode.UNKNOWN.value[0]

channel = grpc.insecure_channel(sys.argv[1])
pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
service = pool.FindServiceByName(SERVICE)


def message(name, **fields):
    return GetMessageClass(pool.FindMessageTypeByName(f"grpc.testing.{name}"))(**fields)


def payload(size):
    return message("Payload", body=bytes(size))


def asking(*sizes, size=0, **fields):
    parameters = [message("ResponseParameters", size=one) for one in sizes]
    return message("StreamingOutputCallRequest", response_parameters=parameters, payload=payload(size), **fields)


def serialize(request):
    return request.SerializeToString()


def method(name, shape):
    """A method by its name; `shape` is grpcio's own: unary_unary, unary_stream, ..."""
    reply = GetMessageClass(service.methods_by_name[name].output_type)
    return getattr(channel, shape)(
        f"/{SERVICE}/{name}", request_serializer=serialize, response_deserializer=reply.FromString
    )


empty_call = method("EmptyCall", "unary_unary")
unary_call = method("UnaryCall", "unary_unary")
streaming_input_call = method("StreamingInputCall", "stream_unary")
streaming_output_call = method("StreamingOutputCall", "unary_stream")
full_duplex_call = method("FullDuplexCall", "stream_stream")
half_duplex_call = method("HalfDuplexCall", "stream_stream")


class Fed:
    """Requests that are put in by hand."""

    def __init__(self, *requests):
        self.requests = queue.Queue()
        for request in requests:
            self.requests.put(request)

    def put(self, request):
        self.requests.put(request)

    def end(self):
        self.requests.put(None)

    def __iter__(self):
        return iter(self.requests.get, None)


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def failure(call, code, text=None):
    try:
        found = call()
    except grpc.RpcError as error:
        equal(error.code(), code)
        if text is not None:
            equal(error.details(), text)
        return
    raise AssertionError(f"{found!r} in place of {code}")


def sizes(replies):
    return [len(reply.payload.body) for reply in replies]


def empty_unary():
    equal(empty_call(message("Empty"), timeout=BOUND), message("Empty"))


def expecting(compressed):
    """The field that says whether the server is to find the request compressed."""
    return {} if compressed is None else {"expect_compressed": message("BoolValue", value=compressed)}


def wish(name, compressed):
    """The field that says whether an answer is to be compressed."""
    return {} if compressed is None else {name: message("BoolValue", value=compressed)}


def large_unary(compression=None, expected=None, wanted=None):
    fields = expecting(expected) | wish("response_compressed", wanted)
    request = message("SimpleRequest", response_size=314159, payload=payload(271828), **fields)
    reply = unary_call(request, timeout=BOUND, compression=compression)
    equal(reply.payload.body, bytes(314159))


def client_compressed_unary():
    # A server that does not look would pass the rest.
    failure(lambda: large_unary(None, True), grpc.StatusCode.INVALID_ARGUMENT)
    large_unary(grpc.Compression.Gzip, True)
    large_unary(grpc.Compression.Deflate, True)
    large_unary(None, False)


# Whether a message came compressed grpcio does not show: the tests of what is on the wire see to that. Here it is unpacked.
def server_compressed_unary():
    large_unary(wanted=True)
    large_unary(wanted=False)


def server_compressed_streaming():
    parameters = [
        message("ResponseParameters", size=size, **wish("compressed", compressed))
        for size, compressed in [(31415, True), (92653, False)]
    ]
    request = message("StreamingOutputCallRequest", response_parameters=parameters)
    equal(sizes(streaming_output_call(request, timeout=BOUND)), [31415, 92653])


def client_streaming(request_sizes=REQUEST_SIZES, compression=None, expected=None):
    def request(size):
        return message("StreamingInputCallRequest", payload=payload(size), **expecting(expected))

    reply = streaming_input_call(map(request, request_sizes), timeout=BOUND, compression=compression)
    equal(reply.aggregated_payload_size, sum(request_sizes))


def client_compressed_streaming():
    large = [27182, 45904]
    failure(lambda: client_streaming(large, None, True), grpc.StatusCode.INVALID_ARGUMENT)
    client_streaming(large, grpc.Compression.Gzip, True)
    client_streaming(large, None, False)
    # What would not become smaller is sent as it is, and says so.
    client_streaming([8], grpc.Compression.Gzip, False)


def server_streaming():
    equal(sizes(streaming_output_call(asking(*RESPONSE_SIZES), timeout=BOUND)), RESPONSE_SIZES)


def ping_pong():
    requests = Fed()
    replies = full_duplex_call(iter(requests), timeout=BOUND)
    for request, response in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.put(asking(response, size=request))
        equal(len(next(replies).payload.body), response)
    requests.end()
    equal(sizes(replies), [])


def half_duplex():
    requests = [asking(size) for size in RESPONSE_SIZES]
    equal(sizes(half_duplex_call(iter(requests), timeout=BOUND)), RESPONSE_SIZES)


def empty_stream():
    equal(sizes(full_duplex_call(iter([]), timeout=BOUND)), [])


def timeout_on_sleeping_server():
    requests = Fed(asking(size=27182))
    replies = full_duplex_call(iter(requests), timeout=0.001)
    failure(lambda: next(replies), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.end()


def cancel_after_begin():
    requests = Fed()
    call = streaming_input_call.future(iter(requests), timeout=BOUND)
    call.cancel()
    assert call.cancelled()
    equal(call.code(), grpc.StatusCode.CANCELLED)
    requests.end()


def cancel_after_first_response():
    requests = Fed(asking(31415, size=27182))
    replies = full_duplex_call(iter(requests), timeout=BOUND)
    equal(len(next(replies).payload.body), 31415)
    replies.cancel()
    failure(lambda: next(replies), grpc.StatusCode.CANCELLED)
    requests.end()


def custom_metadata():
    request = message("SimpleRequest", response_size=1, payload=payload(1))
    _, call = unary_call.with_call(request, timeout=BOUND, metadata=(INITIAL, TRAILING))
    replies = full_duplex_call(iter([asking(1, size=1)]), timeout=BOUND, metadata=(INITIAL, TRAILING))
    equal(sizes(replies), [1])
    for ended in [call, replies]:
        equal(dict(ended.initial_metadata())[INITIAL[0]], INITIAL[1])
        equal(dict(ended.trailing_metadata())[TRAILING[0]], TRAILING[1])


def status_code_and_message(text="test status message"):
    status = message("EchoStatus", code=UNKNOWN, message=text)
    request = message("SimpleRequest", response_status=status)
    failure(lambda: unary_call(request, timeout=BOUND), grpc.StatusCode.UNKNOWN, text)
    replies = full_duplex_call(iter([asking(response_status=status)]), timeout=BOUND)
    failure(lambda: next(replies), grpc.StatusCode.UNKNOWN, text)


def special_status_message():
    status_code_and_message("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")


def unimplemented(path):
    call = channel.unary_unary(path, request_serializer=serialize, response_deserializer=bytes)
    failure(lambda: call(message("Empty"), timeout=BOUND), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_method():
    unimplemented(f"/{SERVICE}/UnimplementedCall")


def unimplemented_service():
    unimplemented("/grpc.testing.UnimplementedService/UnimplementedCall")


CASES = [
    empty_unary,
    large_unary,
    client_compressed_unary,
    server_compressed_unary,
    client_streaming,
    client_compressed_streaming,
    server_streaming,
    server_compressed_streaming,
    ping_pong,
    half_duplex,
    empty_stream,
    timeout_on_sleeping_server,
    cancel_after_begin,
    cancel_after_first_response,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
]

for case in CASES:
    try:
        case()
    except BaseException:
        print(f"{case.__name__} failed", file=sys.stderr)
        raise
print(f"{len(CASES)} cases passed")
