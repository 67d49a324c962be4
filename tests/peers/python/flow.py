"""Calls the shop's gateway in front of server.py: what a call takes along arrives one hop further, and so does what the
far end says.

Usage: flow.py GATEWAY_ADDR. Prints each check; the first that fails ends the run with its traceback.
"""

import sys
import time

import grpc
from grpc_status import rpc_status

from interop import Service, equal, error_info


def metadata_flows_on_as_its_name_says(users):
    sent = (("x-md-global-tenant", "acme"), ("x-md-global-blob-bin", b"\x00\xff\x3e"), ("x-md-local-step", "1"))
    seen, _ = users.call("GetUser", id="metadata", metadata=sent)
    equal((seen.id, seen.email), ("acme", "00ff3e"))
    equal(seen.name, "")  # x-md-local-* goes one hop and ends there


def the_deadline_flows_on(users):
    # The gateway's own bound is ten seconds; grpcio rounds up what it sends.
    seen, _ = users.call("GetUser", id="deadline", timeout=5)
    assert 0 < int(seen.name) < 6000, seen.name
    began = time.monotonic()
    error = users.failure("GetUser", id="slow", timeout=0.3)
    equal(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - began < 10, "the deadline was not kept"


def errors_of_the_far_end_arrive(users):
    error = users.failure("GetUser", id="7")
    info = error_info(error)
    equal((error.code(), info.reason, dict(info.metadata)), (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND", {"user_id": "7"}))
    error = users.failure("GetUser", id="foreign")
    info = error_info(error)
    equal((error.code(), info.reason, info.domain), (grpc.StatusCode.NOT_FOUND, "SHELF_NOT_FOUND", "shelf.v1"))
    error = users.failure("GetUser", id="plain")
    equal((error.code(), error.details()), (grpc.StatusCode.FAILED_PRECONDITION, "no details here"))
    equal(rpc_status.from_call(error), None)
    error = users.failure("GetUser", id="broken")
    equal(error.code(), grpc.StatusCode.UNKNOWN)
    assert "something broke" not in error.details(), error.details()


def main():
    (gateway,) = sys.argv[1:]
    with grpc.insecure_channel(gateway) as channel:
        users = Service(channel, "user.v1.UserService")
        for check in [metadata_flows_on_as_its_name_says, the_deadline_flows_on, errors_of_the_far_end_arrive]:
            check(users)
            print("ok", check.__name__)


if __name__ == "__main__":
    main()
