// The official JavaScript client, unmodified, against nodes: each job asserts by itself. Arguments: json or protobuf, the
// transport (websocket, http_stream or sse), and a part of the name of a job, where not all are to be done.
'use strict';
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const WebSocket = require('ws');
const EventSource = require('./event_source.cjs');
const [format, transport = 'websocket', only] = process.argv.slice(2);
// runs side by side have channels and users of their own
const run = `${format}-${transport}`;
const { Centrifuge } = require(format === 'protobuf' ? 'centrifuge/build/protobuf' : 'centrifuge');

const urls = process.env.CENTRIFUGE_TEST_URLS.split(',');
const secret = process.env.CENTRIFUGE_TEST_SECRET;
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims) {
  const head = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ exp: Math.floor(Date.now() / 1000) + 60, ...claims })}`;
  return `${head}.${crypto.createHmac('sha256', secret).update(head).digest('base64url')}`;
}

const within = (promise, what, ms = 30000) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no ${what} in time`)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
const event = (emitter, name, ms) => within(new Promise((resolve) => emitter.once(name, resolve)), name, ms);
// protobuf carries bytes
const write = (value) => (format === 'protobuf' ? new TextEncoder().encode(JSON.stringify(value)) : value);
const read = (value) => (format === 'protobuf' ? JSON.parse(new TextDecoder().decode(value)) : value);

// those without a socket post what they say to whatever node is behind the address
function endpoint(url) {
  if (transport === 'websocket') return url;
  return [{ transport, endpoint: url.replace('ws:', 'http:').replace('/websocket', `/${transport}`) }];
}
const emulated = { eventsource: EventSource, emulationEndpoint: urls[0].replace('ws:', 'http:').replace('/connection/websocket', '/emulation') };

const opened = [];
function client(claims, options = {}, node = 0) {
  const credentials = claims ? { token: token(claims) } : {};
  const made = new Centrifuge(endpoint(urls[node % urls.length]), { websocket: WebSocket, minReconnectDelay: 20, maxReconnectDelay: 200, ...emulated, ...credentials, ...options });
  opened.push(made);
  return made;
}
const ready = async (made) => { made.connect(); await within(made.ready(), 'connection'); return made; };

/** Collects what a subscription hears. */
function listen(made, channel, options) {
  const subscription = made.newSubscription(channel, options);
  const heard = [];
  subscription.on('publication', (it) => heard.push(read(it.data)));
  return { subscription, heard };
}
async function subscribed(made, channel, options) {
  const listening = listen(made, channel, options);
  const begun = event(listening.subscription, 'subscribed');
  listening.subscription.subscribe();
  return { ...listening, context: await begun };
}
async function eventually(check, what) {
  const until = Date.now() + 10000;
  for (;;) {
    try { return await check(); } catch (error) { if (Date.now() > until) throw new Error(`${what}: ${error.message}`); }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const jobs = {
  async 'a publication reaches the members on both nodes, the publisher included, with its publisher'() {
    const [a, b] = [await ready(client({ sub: 'u1' })), await ready(client({ sub: 'u2' }, {}, 1))];
    const [one, two] = [await subscribed(a, `chat:${run}-both`), await subscribed(b, `chat:${run}-both`)];
    const seen = event(two.subscription, 'publication');
    await one.subscription.publish(write({ n: 1 }));
    const { info, offset } = await seen;
    assert.equal(info.user, 'u1');
    assert.ok(offset > 0);
    await eventually(() => assert.deepEqual([one.heard, two.heard], [[{ n: 1 }], [{ n: 1 }]]), 'both hear it');
  },
  async 'presence lists connections, and their number is told'() {
    const [a, b] = [await ready(client({ sub: 'u1' })), await ready(client({ sub: 'u1' }))];
    const id = event(a, 'connected').catch(() => undefined);
    const { subscription } = await subscribed(a, `chat:${run}-present`);
    await subscribed(b, `chat:${run}-present`);
    await eventually(async () => {
      const { clients } = await subscription.presence();
      assert.deepEqual(Object.values(clients).map((it) => it.user), ['u1', 'u1']);
      for (const [key, { client: of }] of Object.entries(clients)) assert.equal(key, of);
    }, 'both connections are listed');
    assert.deepEqual(await subscription.presenceStats(), { numClients: 2, numUsers: 1 });
    await id;
  },
  async 'those who join and leave are told'() {
    const [a, b] = [await ready(client({ sub: 'u1' })), await ready(client({ sub: 'u2' }, {}, 1))];
    const { subscription } = await subscribed(a, `chat:${run}-coming`, { joinLeave: true });
    const joined = [];
    subscription.on('join', ({ info }) => joined.push(info.user));
    const leaves = event(subscription, 'leave');
    const other = await subscribed(b, `chat:${run}-coming`);
    await eventually(() => assert.deepEqual(joined, ['u1', 'u2']), 'who joined, itself included');
    other.subscription.unsubscribe();
    assert.equal((await leaves).info.user, 'u2');
  },
  async 'history is read from both ends, after a position, and not after one that never was'() {
    const a = await ready(client({ sub: 'u1' }));
    const { subscription } = await subscribed(a, `chat:${run}-past`);
    for (const n of [1, 2, 3, 4]) await subscription.publish(write({ n }));
    const numbers = (page) => page.publications.map((it) => read(it.data).n);
    const all = await subscription.history({ limit: 100 });
    assert.deepEqual(numbers(all), [1, 2, 3, 4]);
    assert.deepEqual(numbers(await subscription.history({ limit: 2 })), [1, 2]);
    assert.deepEqual(numbers(await subscription.history({ limit: 2, reverse: true })), [4, 3]);
    const top = await subscription.history({ limit: 0 });
    assert.deepEqual([top.publications, top.offset], [[], all.publications[3].offset]);
    const since = { offset: all.publications[1].offset, epoch: all.epoch };
    assert.deepEqual(numbers(await subscription.history({ limit: 100, since })), [3, 4]);
    await assert.rejects(subscription.history({ limit: 10, since: { offset: since.offset, epoch: '7' } }), { code: 112 });
  },
  async 'what was missed comes after a cut, once and in order'() {
    const [a, b] = [await ready(client({ sub: 'u1' })), await ready(client({ sub: 'u2' }, {}, 1))];
    const one = await subscribed(a, `chat:${run}-cut`);
    const two = await subscribed(b, `chat:${run}-cut`);
    await two.subscription.publish(write({ n: 0 }));
    await eventually(() => assert.equal(one.heard.length, 1), 'the first is heard');
    const again = event(one.subscription, 'subscribed');
    a.disconnect();
    for (let n = 1; n <= 30; n++) await two.subscription.publish(write({ n }));
    a.connect();
    const context = await again;
    assert.deepEqual([context.wasRecovering, context.recovered], [true, true]);
    await two.subscription.publish(write({ n: 31 }));
    const expected = Array.from({ length: 32 }, (_, n) => ({ n }));
    await eventually(() => assert.deepEqual(one.heard, expected), 'all of it is heard');
  },
  async 'a position of another history is not recovered, and the client is told'() {
    const a = await ready(client({ sub: 'u1' }));
    const { subscription } = await subscribed(a, `chat:${run}-forked`);
    await subscription.publish(write({ n: 1 }));
    const { offset } = await subscription.history({ limit: 0 });
    const b = await ready(client({ sub: 'u2' }));
    const { context } = await subscribed(b, `chat:${run}-forked`, { since: { offset, epoch: '12345' } });
    assert.deepEqual([context.wasRecovering, context.recovered], [true, false]);
  },
  async 'rights are those of the namespace, and of the name'() {
    const a = await ready(client({ sub: 'u1' }));
    const refused = async (channel, code) => {
      const { subscription } = listen(a, channel);
      const over = event(subscription, 'unsubscribed');
      subscription.subscribe();
      assert.equal((await over).code, code, channel);
      a.removeSubscription(subscription);
    };
    await refused(`closed:${run}-room`, 103);
    await refused(`nowhere:${run}-room`, 102);
    await refused(`chat:${run}-only#u2,u3`, 103);
    await refused('x'.repeat(300), 107);
    await subscribed(a, `chat:${run}-only#u2,u1`);
    const quiet = await subscribed(a, `quiet:${run}-room`);
    await assert.rejects(quiet.subscription.publish(write({})), { code: 103 });
    await assert.rejects(quiet.subscription.presence(), { code: 108 });
    await assert.rejects(quiet.subscription.history({ limit: 1 }), { code: 108 });
    await assert.rejects(a.rpc('nothing', write({})), { code: 108 });
  },
  async 'a subscription token opens a closed channel, and an ended one is replaced'() {
    const a = await ready(client({ sub: 'u1' }));
    let asked = 0;
    const past = Math.floor(Date.now() / 1000) - 100;
    const getToken = async ({ channel }) => {
      asked += 1;
      return token({ sub: 'u1', channel, ...(asked === 1 ? { exp: past } : {}) });
    };
    await subscribed(a, `closed:${run}-mine`, { getToken });
    assert.equal(asked, 2);
    const b = await ready(client({ sub: 'u2' }));
    const over = event(b, 'disconnected');
    listen(b, `closed:${run}-mine`, { token: token({ sub: 'u1', channel: `closed:${run}-mine` }) }).subscription.subscribe();
    assert.equal((await over).code, 3500, 'the token of somebody else');
  },
  async 'a token ends and is renewed without a new connection'() {
    const renewed = [];
    const soon = () => token({ sub: 'u1', exp: Math.floor(Date.now() / 1000) + 2 });
    const getToken = async () => { renewed.push(Date.now()); return soon(); };
    const a = client(undefined, { getToken });
    let connected = 0;
    a.on('connected', () => { connected += 1; });
    await ready(a);
    await eventually(() => assert.ok(renewed.length >= 3), 'it asked twice more');
    assert.equal(connected, 1);
  },
  async 'a wrong token ends it for good'() {
    const a = client(undefined, { token: 'no.good.token' });
    const over = event(a, 'disconnected');
    a.connect();
    assert.equal((await over).code, 3500);
  },
  async 'the server subscribes its clients to the channels of their token'() {
    const a = client({ sub: 'u1', channels: [`chat:${run}-granted`] });
    const heard = [];
    a.on('publication', (it) => heard.push([it.channel, read(it.data)]));
    const begun = event(a, 'subscribed');
    await ready(a);
    await begun;
    await eventually(async () => {
      await a.publish(`chat:${run}-granted`, write({ n: 1 }));
      assert.deepEqual(heard[0], [`chat:${run}-granted`, { n: 1 }]);
    }, 'it is heard');
  },
  async 'a user has a channel of its own'() {
    const [a, b] = [await ready(client({ sub: `u7-${run}` })), await ready(client({ sub: 'u8' }, {}, 1))];
    const heard = event(a, 'publication');
    await b.publish(`#u7-${run}`, write({ hello: 'u7' }));
    const { channel, data } = await heard;
    assert.deepEqual([channel, read(data)], [`#u7-${run}`, { hello: 'u7' }]);
  },
  async 'the same channel is not subscribed to twice, and left as often as one likes'() {
    const a = await ready(client({ sub: 'u1' }));
    const one = await subscribed(a, `chat:${run}-once`);
    one.subscription.unsubscribe();
    const again = event(one.subscription, 'subscribed');
    one.subscription.subscribe();
    await again;
  },
};

(async () => {
  for (const [name, job] of Object.entries(jobs)) {
    if (only && !name.includes(only)) continue;
    try {
      await job();
      console.log(`ok: ${name}`);
    } catch (error) {
      console.error(`FAILED: ${name}: ${error.stack || JSON.stringify(error)}`);
      process.exitCode = 1;
    }
    opened.splice(0).forEach((made) => made.disconnect());
  }
  if (!process.exitCode) console.log('all jobs done');
  process.exit();
})();
