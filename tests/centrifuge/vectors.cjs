// Holds the vectors of the codec against an implementation of protobuf that reads client.proto: each message says what
// its JSON says, and is written as the vector has it. Argument: the folder of the vectors.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const protobuf = require('protobufjs');

const schema = protobuf.parse(fs.readFileSync(path.join(__dirname, 'client.proto'), 'utf8'), { keepCase: true }).root;
schema.resolveAll();

/** A JSON document as a message. Bytes are JSON there; `data` may be a text, or Base64 of bytes that are no JSON. */
function message(type, document, data) {
  const value = (field, it) => {
    if (field.resolvedType) return message(field.resolvedType, it, data);
    if (field.type !== 'bytes') return it;
    return data && field.name === 'data' ? Buffer.from(it, data) : Buffer.from(JSON.stringify(it));
  };
  const made = {};
  for (const [name, it] of Object.entries(document)) {
    const field = type.fields[name];
    assert.ok(field, `${type.name} has no field ${name}`);
    if (field.map) made[name] = Object.fromEntries(Object.entries(it).map(([key, of]) => [key, value(field, of)]));
    else made[name] = field.repeated ? it.map((of) => value(field, of)) : value(field, it);
  }
  return type.create(type.fromObject(made));
}

function holds(name, type, json, hex, data) {
  const expected = message(type, JSON.parse(json), data);
  const bytes = Buffer.from(hex, 'hex');
  const plain = (it) => type.toObject(it, { longs: String, bytes: String });
  assert.deepEqual(plain(type.decodeDelimited(bytes)), plain(expected), name);
  assert.equal(Buffer.from(type.encodeDelimited(expected).finish()).toString('hex'), hex, name);
}

const read = (file) => JSON.parse(fs.readFileSync(path.join(process.argv[2], file), 'utf8'));
const [command, reply] = [schema.lookupType('Command'), schema.lookupType('Reply')];
for (const it of read('commands.json')) holds(it.name, command, it.json, it.protobuf);
for (const it of read('replies.json')) holds(it.name, reply, it.json, it.protobuf, it.name.endsWith('_of_bytes') ? 'base64' : undefined);
for (const it of read('deltas.json')) {
  holds(it.name, reply, it.json, it.protobuf);
  holds(`${it.name} as it is told`, reply, it.told_json, it.told_protobuf, 'utf8');
}
console.log('all vectors hold');
