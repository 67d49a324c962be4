// Runs in a browser: makes its calls to the server that the address names, and reports what came of each.

import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

const address = new URLSearchParams(location.search).get("server");
const server = `http://${address}`;
const timeoutMs = 30_000; // longer than any call takes on a busy machine

const described = new Uint8Array(await (await fetch("/descriptors")).arrayBuffer());
const known = createFileRegistry(fromBinary(FileDescriptorSetSchema, described));
const info = known.getMessage("google.rpc.ErrorInfo");

// A stream's messages up to its end, or to the error that ends it.
async function all(stream) {
  const texts = [];
  try {
    for await (const { text } of stream) texts.push(text);
    return { texts };
  } catch (error) {
    return { texts, error: told(error) };
  }
}

function told(error) {
  const { code, rawMessage: message } = ConnectError.from(error);
  const [detail] = ConnectError.from(error).findDetails(info);
  return { code: Code[code], message, reason: detail?.reason };
}

async function calls(transport) {
  const probe = createClient(known.getService("probe.v1.Probe"), transport);
  const shapes = createClient(known.getService("probe.v1.Shapes"), transport);
  const heard = {};
  const options = {
    timeoutMs,
    headers: { "x-md-global-tenant": "acme" },
    onHeader: (headers) => (heard.header = headers.get("x-probe")),
    onTrailer: (trailers) => (heard.trailer = trailers.get("x-probe-end")),
  };
  const unary = await probe.metadata({}, options).then(({ values }) => ({ values: { ...values }, heard: { ...heard } }), told);
  const error = await probe.fail({ how: "missing" }, { timeoutMs }).then(() => "answered", told);
  const stream = await all(shapes.count({ to: 3 }, options));
  const broken = await all(shapes.count({ to: 2, fail: true }, { timeoutMs }));
  return { unary, error, stream: { ...stream, heard }, broken };
}

async function rest() {
  const response = await fetch(`${server}/v1/metadata`, { headers: { "x-md-global-tenant": "acme" } });
  return { status: response.status, body: await response.json(), header: response.headers.get("x-probe") };
}

// Connect as anybody can speak it.
async function byHand() {
  const response = await fetch(`${server}/probe.v1.Probe/Wait`, {
    method: "POST",
    headers: { "content-type": "application/json", "connect-protocol-version": "1" },
    body: JSON.stringify({ millis: 0, note: "by hand" }),
  });
  return await response.json();
}

function events() {
  return new Promise((resolve) => {
    const seen = [];
    const source = new EventSource(`${server}/v1/count?to=3&fail=true`);
    source.addEventListener("message", ({ data }) => seen.push(JSON.parse(data).text));
    // The server's own event of that name has data; what the browser tells of a connection has none.
    source.addEventListener("error", ({ data }) => {
      source.close();
      resolve({ seen, error: data === undefined ? "no connection" : JSON.parse(data).reason });
    });
  });
}

function socket() {
  return new Promise((resolve) => {
    const seen = [];
    const socket = new WebSocket(`ws://${address}/v1/echo`);
    const left = ["a", "b"];
    const next = () => socket.send(left.length ? JSON.stringify({ text: left.shift() }) : "\x1eend");
    socket.addEventListener("open", next);
    socket.addEventListener("message", ({ data }) => {
      seen.push(JSON.parse(data).text);
      next();
    });
    socket.addEventListener("close", ({ code }) => resolve({ seen, close: code }));
  });
}

const results = {};
for (const [name, run] of Object.entries({
  connect: () => calls(createConnectTransport({ baseUrl: server })),
  json: () => calls(createConnectTransport({ baseUrl: server, useBinaryFormat: false, useHttpGet: true })),
  web: () => calls(createGrpcWebTransport({ baseUrl: server })),
  rest,
  byHand,
  events,
  socket,
})) {
  results[name] = await run().catch((error) => `${error}`);
}
document.querySelector("pre").textContent = JSON.stringify(results, null, 2);
report("done");
