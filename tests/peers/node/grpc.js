// Calls the probe as a team with grpc-js would: the four shapes of a call, with what stands beside each.

import assert from "node:assert/strict";

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { compressionAlgorithms, credentials, makeClientConstructor, Metadata, status } from "@grpc/grpc-js";

import { registry } from "./reflect.js";

const BOUND = 30_000; // longer than any call takes on a busy machine

const within = (millis) => ({ deadline: Date.now() + millis });

// A client of a described service; grpc-js brings no descriptors of its own.
function client(service, address, options) {
  const methods = service.methods.map((method) => [
    method.localName,
    {
      path: `/${service.typeName}/${method.name}`,
      requestStream: ["client_streaming", "bidi_streaming"].includes(method.methodKind),
      responseStream: ["server_streaming", "bidi_streaming"].includes(method.methodKind),
      requestSerialize: (value) => Buffer.from(toBinary(method.input, create(method.input, value))),
      responseDeserialize: (bytes) => fromBinary(method.output, bytes),
      requestDeserialize: () => assert.fail("a client reads no requests"),
      responseSerialize: () => assert.fail("a client writes no answers"),
    },
  ]);
  const Client = makeClientConstructor(Object.fromEntries(methods), service.typeName);
  return new Client(address, credentials.createInsecure(), options);
}

// How a call ends, with what it heard: `start` is given the callback where the call has one.
function ended(start) {
  return new Promise((resolve) => {
    const heard = { texts: [] };
    const call = start((error, reply) => {
      if (reply) heard.reply = reply;
    });
    heard.call = call;
    call.on("metadata", (metadata) => (heard.header = metadata.get("x-probe")[0]));
    call.on("data", (note) => heard.texts.push(note.text));
    call.on("error", () => {}); // the status says the same
    call.on("status", (status) => {
      // The callback follows the status.
      setImmediate(() => resolve({ ...heard, ...status, trailer: status.metadata.get("x-probe-end")[0] }));
    });
  });
}

function metadata() {
  const metadata = new Metadata();
  metadata.set("x-md-global-tenant", "acme");
  metadata.set("x-md-local-step", "1");
  return metadata;
}

class Checks {
  constructor(known, address, name, options) {
    Object.assign(this, { known, name });
    this.probe = client(known.getService("probe.v1.Probe"), address, options);
    this.shapes = client(known.getService("probe.v1.Shapes"), address, options);
  }

  reason(end, code, reason, metadata) {
    assert.equal(end.code, code, end.details);
    const [bytes] = end.metadata.get("grpc-status-details-bin");
    assert.ok(bytes, `no details: ${end.details}`);
    const rich = fromBinary(this.known.getMessage("google.rpc.Status"), bytes);
    assert.deepEqual([rich.code, rich.message], [end.code, end.details]);
    const info = anyUnpack(rich.details[0], this.known.getMessage("google.rpc.ErrorInfo"));
    assert.deepEqual([info.reason, info.domain], [reason, "probe.v1"]);
    if (metadata) assert.deepEqual({ ...info.metadata }, metadata);
  }

  ok(end) {
    assert.equal(end.code, status.OK, end.details);
  }

  async unary() {
    for (const note of ["", "hello", "€".repeat(100_000)]) {
      const end = await ended((told) => this.probe.wait({ millis: 0, note }, within(BOUND), told));
      this.ok(end);
      assert.ok(end.reply.note === note, "the note is another");
    }
    const end = await ended((told) => this.probe.metadata({}, metadata(), within(BOUND), told));
    this.ok(end);
    assert.deepEqual({ ...end.reply.values }, { "x-md-global-tenant": "acme", "x-md-local-step": "1" });
    assert.deepEqual([end.header, end.trailer], ["seen", "done"]);
  }

  async errorsOfUnaryCalls() {
    const fail = (how) => ended((told) => this.probe.fail({ how }, within(BOUND), told));
    const missing = await fail("missing");
    this.reason(missing, status.NOT_FOUND, "BOOK_NOT_FOUND", { title: "Dune" });
    assert.equal(missing.details, "no book called Dune");
    const hidden = await fail("disk");
    this.reason(hidden, status.INTERNAL, "DISK_GONE");
    assert.ok(!hidden.details.includes("/var/books"), hidden.details);
    assert.equal((await fail("panic")).code, status.INTERNAL);
  }

  async deadlineAndCancelOfUnaryCalls() {
    const late = await ended((told) => this.probe.wait({ millis: 60_000 }, within(200), told));
    assert.equal(late.code, status.DEADLINE_EXCEEDED);
    const given = await ended((told) => {
      const call = this.probe.wait({ millis: 60_000 }, within(BOUND), told);
      setImmediate(() => call.cancel());
      return call;
    });
    assert.equal(given.code, status.CANCELLED);
  }

  async serverStream() {
    const count = (request) => ended(() => this.shapes.count(request, metadata(), within(BOUND)));
    const four = await count({ to: 4 });
    this.ok(four);
    assert.deepEqual([four.texts, four.header, four.trailer], [["1", "2", "3", "4"], "acme", "done"]);
    assert.deepEqual((await count({ to: 0 })).texts, []);
    const many = await count({ to: 5000 });
    assert.deepEqual(many.texts, Array.from({ length: 5000 }, (_, n) => `${n + 1}`));
    for (const to of [0, 3]) {
      const broken = await count({ to, fail: true });
      this.reason(broken, status.ABORTED, "STOCK_SHORT", { missing: `${to}` });
      assert.equal(broken.texts.length, to, "what came before the error");
      assert.equal(broken.trailer, "done");
    }
  }

  async gone(name) {
    const end = await ended((told) => this.shapes.ended({ name }, within(BOUND), told));
    this.ok(end);
    assert.equal(end.reply.text, "dropped");
  }

  async deadlineAndCancelOfStreams() {
    const late = `${this.name}, deadline`;
    const end = await ended(() => this.shapes.linger({ name: late }, within(3000)));
    assert.deepEqual([end.code, end.texts], [status.DEADLINE_EXCEEDED, ["waiting"]]);
    await this.gone(late);
    const given = `${this.name}, cancel`;
    const cancelled = await ended(() => {
      const call = this.shapes.linger({ name: given }, within(BOUND));
      call.on("data", () => call.cancel());
      return call;
    });
    assert.deepEqual([cancelled.code, cancelled.texts], [status.CANCELLED, ["waiting"]]);
    await this.gone(given);
  }

  async clientStream() {
    const join = (...texts) =>
      ended((told) => {
        const call = this.shapes.join(metadata(), within(BOUND), told);
        for (const text of texts) call.write({ text });
        call.end();
        return call;
      });
    const joined = await join("a", "b", "c");
    this.ok(joined);
    assert.deepEqual([joined.reply.text, joined.header, joined.trailer], ["a b c", "acme", "done"]);
    assert.equal((await join()).reply.text, "");
    this.reason(await join("a", "missing"), status.NOT_FOUND, "BOOK_NOT_FOUND", { title: "Dune" });
  }

  async bothWays() {
    // Each note is sent when the one before has come back.
    const echo = (...texts) =>
      ended(() => {
        const call = this.shapes.echo(metadata(), within(BOUND));
        const next = () => (texts.length ? call.write({ text: texts.shift() }) : call.end());
        call.on("data", next);
        next();
        return call;
      });
    const end = await echo("a", "b", "c");
    this.ok(end);
    assert.deepEqual([end.texts, end.header, end.trailer], [["a", "b", "c"], "acme", "done"]);
    const broken = await echo("a", "missing");
    this.reason(broken, status.NOT_FOUND, "BOOK_NOT_FOUND", { title: "Dune" });
    assert.deepEqual(broken.texts, ["a"]);
  }
}

const HELPERS = ["constructor", "reason", "ok", "gone"];
const CHECKS = Object.getOwnPropertyNames(Checks.prototype).filter((name) => !HELPERS.includes(name));

export async function run(address) {
  const known = await registry(address, ["probe.v1.Probe", "probe.v1.Shapes"]);
  const compressed = { "grpc.default_compression_algorithm": compressionAlgorithms.gzip };
  const all = [["plain", {}], ["gzip", compressed]].map(async ([name, options]) => {
    const checks = new Checks(known, address, name, options);
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
