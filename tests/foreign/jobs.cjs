// The main jobs through the load balancer, as a Node.js program would do them: ws and what Node.js brings.
// The URLs and secrets come from the environment, HUBWIRE_TEST_*.
'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const WebSocket = require('ws');

const { HUBWIRE_TEST_URL: url, HUBWIRE_TEST_API: api, HUBWIRE_TEST_API_KEY: apiKey } = process.env;
const jwtSecret = process.env.HUBWIRE_TEST_JWT_SECRET;
const deadlineMs = 20_000;

/** A JWT made by hand (RFC 7519, HS256). */
function token(user, orgs) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, exp: 4102444800, orgs })}`;
  return `${body}.${createHmac('sha256', jwtSecret).update(body).digest('base64url')}`;
}

async function publishByApi(to, type, payload) {
  const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${api}/v1/publish`, { method: 'POST', headers, body: JSON.stringify({ to, type, payload }) });
  assert.equal(response.status, 200, await response.text());
}

/** One socket; what arrives is kept in order until it is asked for. */
class Client {
  inbox = [];
  waiting = [];
  asked = 0;

  static async connect(user, orgs = {}) {
    const client = new Client();
    // the way of browsers, which cannot set headers: the token rides on a subprotocol
    const bearer = `hubwire.bearer.${Buffer.from(token(user, orgs)).toString('base64url')}`;
    client.socket = new WebSocket(url, ['hubwire.v1.json', bearer]);
    client.socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false);
      const value = JSON.parse(data);
      client.inbox.push(...(Array.isArray(value) ? value : [value]));
      client.waiting.splice(0).forEach((wake) => wake());
    });
    await new Promise((resolve, reject) => client.socket.once('open', resolve).once('error', reject));
    assert.equal(client.socket.protocol, 'hubwire.v1.json');
    client.welcome = (await client.next('@@hub/welcome')).payload;
    assert.equal(client.welcome.user, user);
    return client;
  }

  async first(what, matches) {
    for (let at = 0; ; at += 1) {
      while (at === this.inbox.length) await this.arrival(what);
      if (matches(this.inbox[at])) return this.inbox.splice(at, 1)[0];
    }
  }

  arrival(what) {
    return new Promise((resolve, reject) => {
      const had = () => JSON.stringify(this.inbox);
      const timer = setTimeout(() => reject(new Error(`not within the deadline: ${what}; had ${had()}`)), deadlineMs);
      this.waiting.push(() => { clearTimeout(timer); resolve(); });
    });
  }

  next(type) {
    return this.first(type, (action) => action.type === type);
  }

  /** Sends with an id and resolves with the answer to it. */
  async ask(type, to, payload) {
    const id = `js-${(this.asked += 1)}`;
    this.socket.send(JSON.stringify({ type, payload, meta: { hub: { to, id } } }));
    const answer = await this.first(`answer to ${type}`, (action) => action.meta?.hub?.re === id);
    assert.notEqual(answer.type, '@@hub/error', JSON.stringify(answer));
    return answer;
  }

  /** The application's actions up to and including the first of a type. */
  async publicationsUntil(type) {
    const taken = [];
    while (taken.at(-1)?.type !== type) taken.push(await this.first(type, (action) => !action.type.startsWith('@@hub/')));
    return taken;
  }

  close() {
    return new Promise((resolve) => { this.socket.once('close', resolve); this.socket.close(); });
  }
}

async function connectAll(...users) {
  const clients = [];
  for (const [user, orgs] of users) clients.push(await Client.connect(user, orgs));
  return clients;
}

async function directMessage() {
  const [u1, u2a, u2b, u1b] = await connectAll(['u1'], ['u2'], ['u2'], ['u1']);
  assert.equal(new Set([u1, u2a, u2b].map((client) => client.welcome.node)).size, 3, 'the balancer spreads sessions');
  const { payload: ack } = await u1.ask('chat/whisper', 'user:u2', { text: 'hi' });
  assert.deepEqual([ack.sessions, ack.nodes], [2, 2]);
  await u1.ask('test/end', 'user:u2');
  for (const client of [u2a, u2b, u1b]) {
    const got = await client.publicationsUntil('test/end');
    assert.deepEqual(got.map((action) => action.type), ['chat/whisper', 'test/end']);
    assert.deepEqual([got[0].payload, got[0].meta.hub.from, got[0].meta.hub.to], [{ text: 'hi' }, 'u1', 'user:u2']);
  }
  await u1.ask('@@hub/ping');
  assert.equal(u1.inbox.some((action) => action.type === 'chat/whisper'), false, 'not to the originating session');
  await Promise.all([u1, u2a, u2b, u1b].map((client) => client.close()));
  console.log("direct message: two sessions on two nodes, the sender's copy, the ack");
}

async function orgEvent() {
  const acme = { acme: { roles: [], teams: [] } };
  const clients = await connectAll(['ada', acme], ['bob', acme], ['eve', acme], ['mal', { other: { roles: [], teams: [] } }]);
  const outsider = clients.at(-1);
  for (let n = 0; n < 10; n += 1) await clients[0].ask('@@hub/join', `ch:acme/order/${n}`, {});
  await publishByApi('org:acme', 'org/notice', { n: 1 });
  await publishByApi('org:acme', 'test/end');
  for (const member of clients.slice(0, 3)) {
    const got = await member.publicationsUntil('test/end');
    assert.deepEqual(got.map((action) => action.type), ['org/notice', 'test/end']);
  }
  await publishByApi('org:other', 'test/end');
  assert.equal((await outsider.publicationsUntil('test/end')).length, 1);
  await Promise.all(clients.map((client) => client.close()));
  console.log('organisation event: every member once, nobody else');
}

async function channelAndResume() {
  const acme = { acme: { roles: [], teams: [] } };
  const view = 'ch:acme/order/1842';
  const [ada, bob] = await connectAll(['ada', acme], ['bob', acme]);
  const joined = await ada.ask('@@hub/join', view, {});
  await bob.ask('@@hub/join', view, {});
  assert.deepEqual((await ada.next('@@hub/joined')).payload.users, ['bob']);
  await ada.close();
  assert.deepEqual((await bob.next('@@hub/left')).payload.users, ['ada']);
  for (let n = 1; n <= 5; n += 1) await bob.ask('test/n', view, n);
  const again = await Client.connect('ada', acme);
  const rejoined = await again.ask('@@hub/join', view, { pos: joined.payload.pos });
  assert.equal(rejoined.payload.recovered, true);
  await bob.ask('test/end', view);
  const got = await again.publicationsUntil('test/end');
  assert.deepEqual(got.map((action) => action.payload), [1, 2, 3, 4, 5, undefined]);
  await Promise.all([again, bob].map((client) => client.close()));
  console.log('channel: join, left, resume in order, once');
}

(async () => {
  await directMessage();
  await orgEvent();
  await channelAndResume();
  console.log('all jobs done');
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
