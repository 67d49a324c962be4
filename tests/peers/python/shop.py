"""Buys in the shop as a Python team would: grpcio, the services known from reflection alone.

Usage: shop.py USER_ADDR ORDER_ADDR. Expects a shop without users; prints each check; the first that fails ends the run
with its traceback.
"""

import sys

import grpc

from interop import Service, equal, error_info

ANN = {"name": "Ann", "email": "ann@example.org"}


def fields(message):
    """The fields of a message that are set, scalars only."""
    return {field.name: value for field, value in message.ListFields()}


def users_are_created_and_found(users, _):
    created, call = users.call("CreateUser", **ANN)
    equal(fields(created), {"id": "1", **ANN})
    equal(call.code(), grpc.StatusCode.OK)
    found, _ = users.call("GetUser", id="1")
    equal(found, created)


def pages_hold_every_user_once(users, _):
    for number in range(2, 6):
        users.call("CreateUser", name=f"User {number}", email=f"user{number}@example.org")
    token, pages = "", []
    while not pages or token:
        page, _ = users.call("ListUsers", page_size=2, page_token=token)
        pages.append([user.id for user in page.users])
        token = page.next_page_token
    equal(pages, [["1", "2"], ["3", "4"], ["5"]])


def orders_are_placed_and_found(_, orders):
    items = [{"product_id": "book", "quantity": 2}, {"product_id": "pen", "quantity": 3}]
    placed, _ = orders.call("CreateOrder", user_id="1", items=items)
    equal((placed.id, placed.user_id, placed.total), ("1", "1", 5250))
    equal([fields(item) for item in placed.items], items)
    found, _ = orders.call("GetOrder", id="1")
    equal(found, placed)


def every_reason_is_there(users, orders):
    def order(product_id, quantity, user_id="1"):
        return {"user_id": user_id, "items": [{"product_id": product_id, "quantity": quantity}]}

    code = grpc.StatusCode
    user_not_found = (code.NOT_FOUND, "USER_NOT_FOUND", "user.v1", {"user_id": "7"}, "user 7 not found")
    for service, method, request, expected in [
        (users, "GetUser", {"id": "7"}, user_not_found),
        (
            users,
            "CreateUser",
            ANN,
            (
                code.ABORTED,
                "USER_ALREADY_EXISTS",
                "user.v1",
                {"email": "ann@example.org"},
                "a user with the email ann@example.org already exists",
            ),
        ),
        (
            users,
            "CreateUser",
            {"name": "", "email": "x@example.org"},
            (
                code.INVALID_ARGUMENT,
                "INVALID_USER_INPUT",
                "user.v1",
                {"field": "name", "problem": "must not be empty"},
                "name must not be empty",
            ),
        ),
        (
            orders,
            "GetOrder",
            {"id": "7"},
            (code.NOT_FOUND, "ORDER_NOT_FOUND", "order.v1", {"order_id": "7"}, "order 7 not found"),
        ),
        (
            orders,
            "CreateOrder",
            order("ink", 1),
            (
                code.INVALID_ARGUMENT,
                "INSUFFICIENT_STOCK",
                "order.v1",
                {"product_id": "ink", "available": "0"},
                "only 0 of ink in stock",
            ),
        ),
        (orders, "CreateOrder", order("book", 1, user_id="7"), user_not_found),
    ]:
        error = service.failure(method, **request)
        info = error_info(error)
        equal((error.code(), info.reason, info.domain, dict(info.metadata), error.details()), expected)


def main():
    users_addr, orders_addr = sys.argv[1:]
    with grpc.insecure_channel(users_addr) as first, grpc.insecure_channel(orders_addr) as second:
        users, orders = Service(first, "user.v1.UserService"), Service(second, "order.v1.OrderService")
        for check in [
            users_are_created_and_found,
            pages_hold_every_user_once,
            orders_are_placed_and_found,
            every_reason_is_there,
        ]:
            check(users, orders)
            print("ok", check.__name__)


if __name__ == "__main__":
    main()
