"""Reads what bident wrote, says it again in both forms, and checks bident's JSON against its own classes.

Standard input: one case a line, the wire form in base64, a space, and the JSON. Standard output: the same, as Python
writes them. The exit code is 42 where Python's protobuf or grpcio-tools is not installed.
"""

import base64
import json
import os
import sys
import tempfile

try:
    from google.protobuf import json_format
    from grpc_tools import protoc
    import grpc_tools
except ImportError:
    sys.exit(42)


def classes():
    here = os.path.dirname(os.path.abspath(__file__))
    out = tempfile.mkdtemp()
    include = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    code = protoc.main(["protoc", f"-I{here}", f"-I{include}", f"--python_out={out}", "wire.proto"])
    if code != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, out)
    import wire_pb2

    return wire_pb2


def main():
    # The well-known types must be loaded for Any to show them.
    from google.protobuf import timestamp_pb2  # noqa: F401

    everything = classes().Everything
    for number, line in enumerate(sys.stdin):
        wire, text = line.rstrip("\n").split(" ", 1)
        message = everything.FromString(base64.b64decode(wire))
        parsed = json_format.Parse(text, everything())
        if parsed != message:
            sys.exit(f"case {number}: the JSON is another message:\n{parsed}\nthan the wire form:\n{message}")
        again = message.SerializeToString(deterministic=True)
        shown = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
        print(base64.b64encode(again).decode(), json.dumps(shown))


main()
