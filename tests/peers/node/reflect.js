// What a server says of itself: its descriptors, by gRPC reflection. The protocol's own messages are read and written by hand,
// field by field, so that nothing has to be known beforehand.

import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, file_google_protobuf_any as any } from "@bufbuild/protobuf/wkt";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Client, credentials } from "@grpc/grpc-js";

const METHOD = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

// `google.rpc.Status`, which no service names.
const STATUS = create(FileDescriptorProtoSchema, {
  name: "google/rpc/status.proto",
  package: "google.rpc",
  syntax: "proto3",
  dependency: ["google/protobuf/any.proto"],
  messageType: [
    {
      name: "Status",
      field: [
        { name: "code", number: 1, type: 5, label: 1 },
        { name: "message", number: 2, type: 9, label: 1 },
        { name: "details", number: 3, type: 11, label: 3, typeName: ".google.protobuf.Any" },
      ],
    },
  ],
});

// The descriptors of these services and types, and of all that they need, each behind what it needs.
export async function descriptors(address, symbols) {
  const client = new Client(address, credentials.createInsecure());
  const bytes = (buffer) => buffer;
  const call = client.makeBidiStreamRequest(METHOD, bytes, bytes, { deadline: Date.now() + 30_000 });
  try {
    const answers = call[Symbol.asyncIterator]();
    const ask = async (field, text) => {
      call.write(Buffer.from(new BinaryWriter().tag(field, 2).string(text).finish()));
      const { value, done } = await answers.next();
      if (done) throw new Error(`no answer about ${text}`);
      return files(value);
    };
    const known = new Map();
    const ordered = [];
    const take = async (file) => {
      if (known.has(file.name)) return;
      known.set(file.name, file);
      for (const name of file.dependency) {
        if (known.has(name)) continue;
        for (const needed of await ask(3, name)) await take(needed);
      }
      ordered.push(file);
    };
    for (const symbol of symbols) for (const file of await ask(4, symbol)) await take(file);
    if (!known.has(any.proto.name)) ordered.push(any.proto);
    return create(FileDescriptorSetSchema, { file: [...ordered, STATUS] });
  } finally {
    call.end();
    client.close();
  }
}

// The registry of a server whose services are these.
export async function registry(address, services) {
  return createFileRegistry(await descriptors(address, [...services, "google.rpc.ErrorInfo"]));
}

// ServerReflectionResponse: files are field 1 of field 4, an error is field 7.
function files(bytes) {
  const found = [];
  each(bytes, (field, reader) => {
    if (field === 7) throw new Error(`reflection: ${Buffer.from(reader.bytes())}`);
    if (field !== 4) return false;
    each(reader.bytes(), (field, reader) => {
      if (field !== 1) return false;
      found.push(fromBinary(FileDescriptorProtoSchema, reader.bytes()));
      return true;
    });
    return true;
  });
  return found;
}

function each(bytes, take) {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!take(field, reader)) reader.skip(type, field);
  }
}
