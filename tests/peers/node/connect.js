// Calls the probe as a team with Connect-ES would: three protocols, both versions of HTTP, the four shapes of a call.

import assert from "node:assert/strict";

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";

import { registry } from "./reflect.js";

const BOUND = 30_000; // longer than any call takes on a busy machine

function transports(address) {
  const made = [];
  const add = (name, make, options) =>
    made.push({ name, transport: make({ baseUrl: `http://${address}`, ...options }), ...options });
  add("gRPC", createGrpcTransport, {});
  add("gRPC, gzip", createGrpcTransport, { sendCompression: compressionGzip, compressMinBytes: 0 });
  for (const httpVersion of ["1.1", "2"]) {
    add(`Connect over ${httpVersion}`, createConnectTransport, { httpVersion });
    const json = { httpVersion, useBinaryFormat: false, useHttpGet: true, sendCompression: compressionGzip };
    add(`Connect over ${httpVersion}, JSON and GET, gzip`, createConnectTransport, json);
    add(`gRPC-Web over ${httpVersion}`, createGrpcWebTransport, { httpVersion });
  }
  return made;
}

// The error that `call` ends with.
async function failure(call) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof ConnectError, `${error}`);
    return error;
  }
  throw new Error("it did not fail");
}

async function texts(stream, each = () => {}) {
  const all = [];
  for await (const note of stream) {
    all.push(note.text);
    each(all);
  }
  return all;
}

async function* notes(...all) {
  for (const text of all) yield { text };
}

// What a call takes along, and what it hears beside its answer.
function beside() {
  const heard = {};
  const options = {
    timeoutMs: BOUND,
    headers: { "x-md-global-tenant": "acme", "x-md-local-step": "1" },
    onHeader: (headers) => (heard.header = headers.get("x-probe")),
    onTrailer: (trailers) => (heard.trailer = trailers.get("x-probe-end")),
  };
  return { heard, options };
}

class Checks {
  constructor({ probe, shapes, info, httpVersion, name }) {
    Object.assign(this, { probe, shapes, info, duplex: httpVersion !== "1.1", name });
  }

  reason(error, code, reason, metadata) {
    assert.equal(error.code, code, `${error}`);
    const [info] = error.findDetails(this.info);
    assert.ok(info, `no ErrorInfo in ${error}`);
    assert.equal(info.reason, reason);
    assert.equal(info.domain, "probe.v1");
    assert.deepEqual({ ...info.metadata }, metadata);
  }

  async unary() {
    const large = "€".repeat(100_000);
    for (const note of ["", "hello", large]) {
      const reply = await this.probe.wait({ millis: 0, note }, { timeoutMs: BOUND });
      assert.ok(reply.note === note, "the note is another");
    }
  }

  async errorsOfUnaryCalls() {
    const fail = (how) => failure(() => this.probe.fail({ how }, { timeoutMs: BOUND }));
    const missing = await fail("missing");
    this.reason(missing, Code.NotFound, "BOOK_NOT_FOUND", { title: "Dune" });
    assert.equal(missing.rawMessage, "no book called Dune");
    const short = await fail("short");
    assert.equal(short.code, Code.Aborted);
    assert.equal(short.findDetails(this.info)[0].metadata.missing, "3");
    const hidden = await fail("disk");
    assert.equal(hidden.code, Code.Internal);
    assert.ok(!`${hidden}`.includes("/var/books"), `${hidden}`);
    assert.equal(hidden.findDetails(this.info)[0].reason, "DISK_GONE");
    assert.equal((await fail("panic")).code, Code.Internal);
  }

  async deadline() {
    const began = Date.now();
    const late = await failure(() => this.probe.wait({ millis: 60_000 }, { timeoutMs: 200 }));
    assert.equal(late.code, Code.DeadlineExceeded);
    assert.ok(Date.now() - began < 20_000, "the deadline was not kept");
  }

  async metadata() {
    const { heard, options } = beside();
    const { values } = await this.probe.metadata({}, options);
    assert.deepEqual({ ...values }, { "x-md-global-tenant": "acme", "x-md-local-step": "1" });
    assert.deepEqual(heard, { header: "seen", trailer: "done" });
  }

  async serverStream() {
    const { heard, options } = beside();
    assert.deepEqual(await texts(this.shapes.count({ to: 4 }, options)), ["1", "2", "3", "4"]);
    assert.deepEqual(heard, { header: "acme", trailer: "done" });
    assert.deepEqual(await texts(this.shapes.count({ to: 0 }, { timeoutMs: BOUND })), []);
    const many = await texts(this.shapes.count({ to: 5000 }, { timeoutMs: BOUND }));
    assert.deepEqual(many, Array.from({ length: 5000 }, (_, n) => `${n + 1}`));
  }

  async errorInAStream() {
    for (const to of [0, 3]) {
      let seen = [];
      const { heard, options } = beside();
      const call = () => texts(this.shapes.count({ to, fail: true }, options), (all) => (seen = all));
      const error = await failure(call);
      this.reason(error, Code.Aborted, "STOCK_SHORT", { missing: `${to}` });
      assert.equal(error.rawMessage, `${to} books short`);
      assert.equal(seen.length, to, "what came before the error");
      assert.equal(error.metadata.get("x-probe-end") ?? heard.trailer, "done");
    }
  }

  async deadlineOfAStream() {
    let seen = [];
    const name = `${this.name}, deadline`;
    const call = () => texts(this.shapes.linger({ name }, { timeoutMs: 3000 }), (all) => (seen = all));
    assert.equal((await failure(call)).code, Code.DeadlineExceeded);
    assert.deepEqual(seen, ["waiting"]);
    assert.equal((await this.shapes.ended({ name }, { timeoutMs: BOUND })).text, "dropped");
  }

  async cancel() {
    const name = `${this.name}, cancel`;
    const abort = new AbortController();
    const stream = this.shapes.linger({ name }, { signal: abort.signal, timeoutMs: BOUND });
    const error = await failure(() => texts(stream, () => abort.abort()));
    assert.equal(error.code, Code.Canceled);
    assert.equal((await this.shapes.ended({ name }, { timeoutMs: BOUND })).text, "dropped");
  }

  async clientStream() {
    const { heard, options } = beside();
    assert.equal((await this.shapes.join(notes("a", "b", "c"), options)).text, "a b c");
    assert.deepEqual(heard, { header: "acme", trailer: "done" });
    assert.equal((await this.shapes.join(notes(), { timeoutMs: BOUND })).text, "");
    const error = await failure(() => this.shapes.join(notes("a", "missing", "b"), { timeoutMs: BOUND }));
    this.reason(error, Code.NotFound, "BOOK_NOT_FOUND", { title: "Dune" });
  }

  async bothWays() {
    const { heard, options } = beside();
    if (!this.duplex) {
      // HTTP/1.1 has one way at a time, which Connect-ES keeps to: all notes, then all answers.
      assert.deepEqual(await texts(this.shapes.echo(notes("a", "b"), options)), ["a", "b"]);
    } else {
      let answered;
      const conversation = async function* () {
        for (const text of ["a", "b", "c"]) {
          const next = new Promise((resolve) => (answered = resolve));
          yield { text };
          await next;
        }
      };
      const stream = this.shapes.echo(conversation(), options);
      assert.deepEqual(await texts(stream, () => answered()), ["a", "b", "c"]);
    }
    assert.deepEqual(heard, { header: "acme", trailer: "done" });
    let seen = [];
    const call = () => texts(this.shapes.echo(notes("a", "missing"), { timeoutMs: BOUND }), (all) => (seen = all));
    this.reason(await failure(call), Code.NotFound, "BOOK_NOT_FOUND", { title: "Dune" });
    assert.deepEqual(seen, ["a"]);
  }
}

const CHECKS = Object.getOwnPropertyNames(Checks.prototype).filter((name) => !["constructor", "reason"].includes(name));

export async function run(address) {
  const known = await registry(address, ["probe.v1.Probe", "probe.v1.Shapes"]);
  const info = known.getMessage("google.rpc.ErrorInfo");
  const [probe, shapes] = ["probe.v1.Probe", "probe.v1.Shapes"].map((name) => known.getService(name));
  const all = transports(address).map(async ({ transport, name, httpVersion }) => {
    const clients = { probe: createClient(probe, transport), shapes: createClient(shapes, transport) };
    const checks = new Checks({ ...clients, info, httpVersion, name });
    for (const check of CHECKS) {
      try {
        await checks[check]();
      } catch (error) {
        throw new Error(`${name}: ${check}: ${error.message}`, { cause: error });
      }
    }
    console.log(`ok ${name}: ${CHECKS.length} checks`);
  });
  await Promise.all(all);
}
