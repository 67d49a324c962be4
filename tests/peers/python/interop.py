"""Calls the hello and probe servers as a Python team would: grpcio, the services known from reflection alone.

Usage: interop.py HELLO_ADDR PROBE_ADDR. Prints each check; the first that fails ends the run with its traceback.
"""

import sys
import time

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

BOUND = 30  # seconds: longer than any call takes on a busy machine


class Service:
    """A service whose methods are found by reflection and called by name with keyword fields."""

    def __init__(self, channel, name):
        self.channel = channel
        database = ProtoReflectionDescriptorDatabase(channel)
        self.names = database.get_services()
        self.descriptor = DescriptorPool(database).FindServiceByName(name)

    def call(self, method, timeout=BOUND, metadata=(), **fields):
        described = self.descriptor.methods_by_name[method]
        request = GetMessageClass(described.input_type)(**fields)
        unary = self.channel.unary_unary(
            f"/{self.descriptor.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        return unary.with_call(request, timeout=timeout, metadata=metadata)

    def failure(self, method, **options):
        try:
            reply, _ = self.call(method, **options)
        except grpc.RpcError as error:
            return error
        raise AssertionError(f"{method} answered {reply} instead of failing")


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def error_info(error):
    """The ErrorInfo of a rich status, and the status must agree with the call's own code and text."""
    status = rpc_status.from_call(error)
    assert status is not None, "no grpc-status-details-bin"
    equal(status.code, error.code().value[0])
    equal(status.message, error.details())
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info
    raise AssertionError(f"no ErrorInfo in {status}")


def hello_unary(hello, _):
    reply, call = hello.call("SayHello", name="Python")
    equal(reply.message, "Hello Python")
    equal(call.code(), grpc.StatusCode.OK)


def hello_reason(hello, _):
    error = hello.failure("SayHello", name="ghost")
    equal(error.code(), grpc.StatusCode.NOT_FOUND)
    equal(error.details(), "user ghost not found")
    info = error_info(error)
    equal((info.reason, info.domain, dict(info.metadata)), ("USER_NOT_FOUND", "helloworld.v1", {"name": "ghost"}))


def reflection_lists(hello, probe):
    for name in ["helloworld.v1.Greeter", "grpc.health.v1.Health"]:
        assert name in hello.names, f"{name} is not in {hello.names}"
    equal(sorted(probe.descriptor.methods_by_name), ["Fail", "Metadata", "Wait"])


def every_reason(_, probe):
    for how, code, reason, metadata in [
        ("missing", grpc.StatusCode.NOT_FOUND, "BOOK_NOT_FOUND", {"title": "Dune"}),
        ("short", grpc.StatusCode.ABORTED, "STOCK_SHORT", {"missing": "3"}),
        ("disk", grpc.StatusCode.INTERNAL, "DISK_GONE", {}),
        ("panic", grpc.StatusCode.INTERNAL, "INTERNAL", {}),
    ]:
        error = probe.failure("Fail", how=how)
        equal(error.code(), code)
        info = error_info(error)
        own = {key: value for key, value in info.metadata.items() if not key.startswith("bident.")}
        equal((info.reason, own), (reason, metadata))
        assert "/var/books" not in error.details() and "on purpose" not in error.details(), error.details()
    reply, _ = probe.call("Fail", how="not at all")
    equal(dict(reply.values), {})


def unknown_method(_, probe):
    unary = probe.channel.unary_unary("/probe.v1.Probe/Nothing")
    try:
        unary(b"", timeout=BOUND)
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.UNIMPLEMENTED)
        equal(error_info(error).reason, "METHOD_NOT_FOUND")
        return
    raise AssertionError("an unknown method was answered")


def undecodable(_, probe):
    unary = probe.channel.unary_unary("/probe.v1.Probe/Fail")
    try:
        unary(b"\x0a\x7f", timeout=BOUND)
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        equal(error_info(error).reason, "CODEC")
        return
    raise AssertionError("a truncated message was answered")


def too_large(_, probe):
    error = probe.failure("Wait", note="x" * (4 * 1024 * 1024 + 1))
    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
    equal(error_info(error).reason, "BODY_TOO_LARGE")
    reply, _ = probe.call("Wait", note="x" * (3 * 1024 * 1024))
    equal(len(reply.note), 3 * 1024 * 1024)


def deadline(_, probe):
    began = time.monotonic()
    error = probe.failure("Wait", timeout=0.3, millis=20_000)
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - began < 10, "the deadline was not kept"


def metadata(_, probe):
    sent = (("x-md-global-tenant", "acme"), ("x-md-local-step", "1"))
    reply, call = probe.call("Metadata", metadata=sent)
    equal(dict(reply.values), dict(sent))
    equal(dict(call.initial_metadata()).get("x-probe"), "seen")
    equal(dict(call.trailing_metadata()).get("x-probe-end"), "done")


def health(hello, _):
    stub = health_pb2_grpc.HealthStub(hello.channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in ["", "helloworld.v1.Greeter"]:
        equal(stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=BOUND).status, serving)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=BOUND)
    equal(next(watch).status, serving)
    watch.cancel()
    try:
        stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=BOUND)
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.NOT_FOUND)
        return
    raise AssertionError("an unknown service has a health")


def main():
    hello_addr, probe_addr = sys.argv[1:]
    with grpc.insecure_channel(hello_addr) as first, grpc.insecure_channel(probe_addr) as second:
        hello, probe = Service(first, "helloworld.v1.Greeter"), Service(second, "probe.v1.Probe")
        for check in [
            hello_unary,
            hello_reason,
            reflection_lists,
            every_reason,
            unknown_method,
            undecodable,
            too_large,
            deadline,
            metadata,
            health,
        ]:
            check(hello, probe)
            print("ok", check.__name__)


if __name__ == "__main__":
    main()
