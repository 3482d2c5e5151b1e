// What `jobs.cjs` needs of Node, in a page: `chromium.cjs` loads this before it.
'use strict';
const [argv, env] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
// keys in one order
const sorted = (_, value) => (value && !Array.isArray(value) && typeof value === 'object' ? Object.fromEntries(Object.entries(value).sort()) : value);
const plain = (value) => JSON.stringify(value, sorted);
const fail = (message) => { throw new Error(message); };
const assert = {
  ok: (value, message) => value || fail(message ?? `${value} is not true`),
  equal: (one, other, message) => one === other || fail(`${message ?? ''} ${plain(one)} is not ${plain(other)}`),
  deepEqual: (one, other, message) => plain(one) === plain(other) || fail(`${message ?? ''} ${plain(one)} is not ${plain(other)}`),
  async rejects(promise, expected) {
    const error = await promise.then(() => fail('it was done'), (error) => error);
    for (const [key, value] of Object.entries(expected)) assert.equal(error[key], value, key);
  },
};
// the server of the page has the secret; a token is wanted at once
const sign = (text) => {
  const request = new XMLHttpRequest();
  request.open('POST', '/sign', false);
  request.send(text);
  return request.responseText;
};
const modules = {
  'node:assert/strict': assert,
  'node:crypto': { createHmac: () => ({ update: (text) => ({ digest: () => sign(text) }) }) },
  ws: WebSocket,
  './event_source.cjs': EventSource,
  centrifuge: { Centrifuge },
  'centrifuge/build/protobuf': { Centrifuge },
};
const require = (name) => modules[name];
const Buffer = { from: (text) => ({ toString: () => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') }) };
const process = { argv: ['', '', ...argv], env, exitCode: 0, exit: () => globalThis.done(process.exitCode) };
