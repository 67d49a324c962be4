"""Reads and writes the probe's streams over HTTP as a Python team would: events with httpx-sse, forms
with httpx, sockets with websockets.

Usage: streams.py ADDR CHECK... Prints each check; the first that fails ends the run with its traceback.
"""

import json
import sys

import httpx
from httpx_sse import connect_sse
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from interop import equal

BOUND = 30  # seconds: longer than any answer takes on a busy machine
END, ERROR = "\x1eend", "\x1eerror:"


def counted(address, headers=None, **query):
    """The events of a count, as pairs of their name and their data."""
    return [(event.event, event.json()) for event in events(address, headers, **query)]


def events(address, headers=None, **query):
    with httpx.Client(timeout=BOUND) as client:
        with connect_sse(client, "GET", f"http://{address}/v1/count", params=query, headers=headers or {}) as source:
            equal(source.response.status_code, 200)
            equal(source.response.headers["cache-control"], "no-cache")
            return list(source.iter_sse())


def numbers(*range_of):
    return [("message", {"text": str(n)}) for n in range(*range_of)]


def events_in_order(address):
    equal(counted(address, to=2000), numbers(1, 2001))
    equal(counted(address, to=0), [])


def errors_are_events(address):
    *before, (name, error) = counted(address, to=3, fail="true")
    equal(before, numbers(1, 4))
    equal((name, error["code"], error["reason"], error["metadata"]), ("error", 409, "STOCK_SHORT", {"missing": "3"}))
    # An error before the first event is an answer like any other.
    with httpx.Client(timeout=BOUND) as client:
        with connect_sse(client, "GET", f"http://{address}/v1/count?fail=true") as source:
            source.response.read()
            equal((source.response.status_code, source.response.json()["reason"]), (409, "STOCK_SHORT"))


def a_reconnect_goes_on(address):
    """Each event has the id that the method declares; a caller that comes back with the last one gets what follows."""
    seen = events(address, to=3)
    equal([event.id for event in seen], ["1", "2", "3"])
    seen += events(address, {"last-event-id": seen[-1].id}, to=6)
    equal([event.id for event in seen], [str(n) for n in range(1, 7)])
    equal([(event.event, event.json()) for event in seen], numbers(1, 7))
    # Nothing is left to tell, and who asks is told not to come again.
    last = httpx.get(f"http://{address}/v1/count", params={"to": 6}, headers={"accept": "text/event-stream", "last-event-id": "6"}, timeout=BOUND)
    equal((last.status_code, last.content), (204, b""))
    # An error is no message, and whoever reads it still has the last message's id.
    *_, error = events(address, to=2, fail="true")
    equal((error.event, error.id), ("error", "2"))


def silence_has_comments(address):
    """A comment comes in fifteen seconds of silence, and the events around it are none the worse."""
    comments = []
    url = f"http://{address}/v1/linger/events"
    with httpx.Client(timeout=BOUND) as client, connect_sse(client, "GET", url) as source:
        pieces = source.response.iter_text

        def watched():
            for piece in pieces():
                if piece.startswith(":"):
                    comments.append(piece)
                    equal(httpx.post(f"{url}:release", timeout=BOUND, json={}).status_code, 200)
                yield piece

        source.response.iter_text = watched
        equal([event.json() for event in source.iter_sse()], [{"text": "waiting"}, {"text": "released"}])
    equal(comments, [":\n\n"])


def form(address, **sent):
    """What the probe says of a form, a line for each message."""
    answer = httpx.post(f"http://{address}/v1/forms", timeout=BOUND, headers={"accept": "application/x-ndjson"}, **sent)
    equal(answer.status_code, 200)
    return [json.loads(line)["text"] for line in answer.text.splitlines()]


def forms_have_fields_and_files(address):
    photo = b"\r\n--x"
    files = [("photo", ("a \"€\".png", photo, "image/png")), ("photo", ("b.txt", b""))]
    equal(form(address, data={"title": "Sky €"}, files=files), [
        f"title, -, , 7, {sum('Sky €'.encode())}",
        f"photo, a %22€%22.png, image/png, 5, {sum(photo)}",
        "photo, b.txt, text/plain, 0, 0",
    ])


def a_large_file_comes_in_pieces(address):
    size = 10 * 1024 * 1024 + 1
    told = form(address, files={"film": ("f", b"\r" * size, "video/mp4")})
    counts = [line.split(", ") for line in told]
    equal({tuple(line[:3]) for line in counts}, {("film", "f", "video/mp4")})
    equal(sum(int(line[3]) for line in counts), size)
    equal([line.endswith("+") for line in told], [True] * (len(told) - 1) + [False])


def a_form_elsewhere_is_refused(address):
    for path in ["/v1/join", "/probe.v1.Shapes/Form"]:
        answer = httpx.post(f"http://{address}{path}", timeout=BOUND, files={"a": b"b"})
        equal((answer.status_code, answer.json()["reason"]), (415, "UNSUPPORTED_MEDIA_TYPE"))


def socket(address, path, **more):
    return connect(f"ws://{address}{path}", open_timeout=BOUND, close_timeout=BOUND, **more)


def say(ws, *texts):
    for text in texts:
        ws.send(json.dumps({"text": text}))


def hear(ws):
    return json.loads(ws.recv(timeout=BOUND))["text"]


def closed(ws, code, reason=""):
    """The socket's end, and nothing before it."""
    try:
        heard = ws.recv(timeout=BOUND)
    except Exception as error:  # which of them says the code
        equal(isinstance(error, ConnectionClosedOK), code == 1000)
        equal((error.rcvd.code, error.rcvd.reason), (code, reason))
    else:
        raise AssertionError(f"heard {heard!r} in place of a close")


def a_socket_for_many_messages(address):
    with socket(address, "/v1/join") as ws:
        say(ws, "a", "b", "€")
        ws.send(END)
        equal(hear(ws), "a b €")
        closed(ws, 1000)
    with socket(address, "/probe.v1.Shapes/Join?text=query") as ws:
        ws.send("{}")
        ws.send(END)
        equal(hear(ws), "query")
        closed(ws, 1000)


def a_socket_for_both_ways(address):
    with socket(address, "/v1/echo") as ws:
        for text in ["a", "b" * 200_000, "c"]:
            say(ws, text)
            equal(hear(ws), text)
        ws.ping().wait(BOUND)
        say(ws, *map(str, range(500)))
        ws.send(END)
        equal([hear(ws) for _ in range(500)], [str(n) for n in range(500)])
        closed(ws, 1000)


def a_socket_for_the_parts_of_a_form(address):
    with socket(address, "/v1/forms") as ws:
        ws.send(json.dumps({"name": "a", "data": "aGk=", "more": True}))
        ws.send(json.dumps({"name": "a"}))
        ws.send(END)
        equal([hear(ws), hear(ws)], ["a, -, , 2, 209+", "a, -, , 0, 0"])
        closed(ws, 1000)


def errors_have_a_frame_and_a_close(address):
    with socket(address, "/v1/echo") as ws:
        say(ws, "a", "missing")
        equal(hear(ws), "a")
        frame = ws.recv(timeout=BOUND)
        assert frame.startswith(ERROR), frame
        error = json.loads(frame.removeprefix(ERROR))
        equal((error["code"], error["reason"], error["metadata"]), (404, "BOOK_NOT_FOUND", {"title": "Dune"}))
        closed(ws, 1011, "BOOK_NOT_FOUND")
    with socket(address, "/v1/join") as ws:
        ws.send("[")
        error = json.loads(ws.recv(timeout=BOUND).removeprefix(ERROR))
        equal((error["code"], error["reason"]), (400, "CODEC"))
        closed(ws, 1011, "CODEC")


def origins_are_asked_for(address):
    for origin in ["https://page.test", f"http://{address}"]:
        with socket(address, "/v1/echo", origin=origin) as ws:
            say(ws, "a")
            equal(hear(ws), "a")
    for origin in ["https://other.test", "null"]:
        try:
            socket(address, "/v1/echo", origin=origin).close()
        except InvalidStatus as error:
            equal(error.response.status_code, 403)
            equal(json.loads(error.response.body)["reason"], "ORIGIN_NOT_ALLOWED")
        else:
            raise AssertionError(f"{origin} may open a socket")


def main():
    address, *names = sys.argv[1:]
    for name in names:
        globals()[name](address)
        print("ok", name)


if __name__ == "__main__":
    main()
