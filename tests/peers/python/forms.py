"""Reads forms as a Python team would with nothing but its standard library, for a client of ours to send: the answer says what
came, a line for each part.

Usage: forms.py. Listens on a free port of loopback and says which on stdout.
"""

import email.parser
import email.policy
import http.server
import json


def chunks(file):
    """The body of a request whose length nobody knew beforehand."""
    while size := int(file.readline(), 16):
        yield file.read(size)
        file.readline()
    file.readline()


def told(part):
    parameters = dict(part.get_params(header="content-disposition"))
    data = part.get_payload(decode=True)
    name, file = parameters["name"], parameters.get("filename", "-")
    return f"{name}, {file}, {part.get('content-type', '-')}, {len(data)}, {sum(data)}"


class Forms(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(head + b"".join(chunks(self.rfile)))
        kind = form.get_content_type()
        text = "\n".join([f"{self.path} {kind}", *(told(part) for part in form.get_payload())])
        answer = json.dumps({"text": text}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forms)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
