"""A user service as a Python team would write it with grpcio, for clients of ours to call. It keeps nothing: the id in a
request says how the answer ends, see get_user.

Usage: server.py. Listens on a free port of loopback and says which on stdout.
"""

import threading
from concurrent import futures

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

FIELD = descriptor_pb2.FieldDescriptorProto


def described():
    """The messages of user.v1, described by hand: what protoc would make of the contract."""
    file = descriptor_pb2.FileDescriptorProto(name="user/v1/user.proto", package="user.v1", syntax="proto3")
    for name, fields in {
        "User": ["id", "name", "email"],
        "GetUserRequest": ["id"],
        "CreateUserRequest": ["name", "email"],
        "ListUsersRequest": ["page_size", "page_token"],
        "ListUsersReply": ["users", "next_page_token"],
    }.items():
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields, 1):
            one = message.field.add(name=field, number=number, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
            if field == "page_size":
                one.type = FIELD.TYPE_INT32
            if field == "users":
                one.type, one.label, one.type_name = FIELD.TYPE_MESSAGE, FIELD.LABEL_REPEATED, ".user.v1.User"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return lambda name: GetMessageClass(pool.FindMessageTypeByName(f"user.v1.{name}"))


message = described()
User = message("User")


def fail(context, code, text, reason, domain, **metadata):
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=metadata))
    status = status_pb2.Status(code=code.value[0], message=text, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))


def get_user(request, context):
    """Answers, or fails, as the id says."""
    if request.id == "plain":
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no details here")
    if request.id == "foreign":
        fail(context, grpc.StatusCode.NOT_FOUND, "nobody knows", "SHELF_NOT_FOUND", "shelf.v1")
    if request.id == "slow":
        ended = threading.Event()
        if context.add_callback(ended.set):
            ended.wait(60)
        context.abort(grpc.StatusCode.CANCELLED, "the caller is gone")
    if request.id == "broken":
        raise RuntimeError("something broke")
    if request.id == "deadline":
        return User(id=request.id, name=str(int(context.time_remaining() * 1000)))
    if request.id == "metadata":
        seen = dict(context.invocation_metadata())
        context.send_initial_metadata((("x-answer", "yes"), ("x-answer-bin", b"\x00\xff")))
        context.set_trailing_metadata((("x-end", "it is"),))
        return User(
            id=seen.get("x-md-global-tenant", ""),
            name=seen.get("x-md-local-step", ""),
            email=seen.get("x-md-global-blob-bin", b"").hex(),
        )
    if request.id == "1":
        return User(id="1", name="Ann", email="ann@example.org")
    text = f"user {request.id} not found"
    fail(context, grpc.StatusCode.NOT_FOUND, text, "USER_NOT_FOUND", "user.v1", user_id=request.id)


def create_user(request, context):
    """Knows one email that is taken."""
    if request.email == "ann@example.org":
        text = f"a user with the email {request.email} already exists"
        fail(context, grpc.StatusCode.ABORTED, text, "USER_ALREADY_EXISTS", "user.v1", email=request.email)
    return User(id="2", name=request.name, email=request.email)


def list_users(request, _):
    """Has a page for every size and token, and says what it was asked for."""
    users = [User(id=str(number)) for number in range(1, request.page_size + 1)]
    return message("ListUsersReply")(users=users, next_page_token=request.page_token + "+")


def main():
    methods = {"GetUser": get_user, "CreateUser": create_user, "ListUsers": list_users}
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            method,
            request_deserializer=message(f"{name}Request").FromString,
            response_serializer=lambda reply: reply.SerializeToString(),
        )
        for name, method in methods.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("user.v1.UserService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
