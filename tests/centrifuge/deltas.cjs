// The official JavaScript client, unmodified, where publications are told as deltas and where the newest is all that is
// recovered: each job asserts by itself. Arguments: the addresses of two nodes, json or protobuf.
'use strict';
const assert = require('node:assert/strict');
const WebSocket = require('ws');
const [one, other, format] = process.argv.slice(2);
const { Centrifuge } = require(format === 'protobuf' ? 'centrifuge/build/protobuf' : 'centrifuge');
const write = (value) => (format === 'protobuf' ? new TextEncoder().encode(JSON.stringify(value)) : value);
const read = (value) => (format === 'protobuf' ? JSON.parse(new TextDecoder().decode(value)) : value);

const opened = [];
async function client(url = one) {
  const options = { websocket: WebSocket, token: process.env.CENTRIFUGE_TEST_TOKEN, minReconnectDelay: 20, maxReconnectDelay: 200 };
  opened.push(new Centrifuge(url, options));
  opened.at(-1).connect();
  await opened.at(-1).ready(10000);
  return opened.at(-1);
}
async function eventually(check, what) {
  const until = Date.now() + 10000;
  while (!check()) {
    assert.ok(Date.now() < until, `${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
async function subscribed(made, channel, options) {
  const subscription = made.newSubscription(channel, options);
  const [heard, begun] = [[], []];
  subscription.on('publication', ({ data }) => heard.push(read(data)));
  subscription.on('subscribed', (context) => begun.push(context));
  subscription.subscribe();
  await subscription.ready(10000);
  return { subscription, heard, begun };
}
const hears = ({ heard }, expected) => eventually(() => heard.length >= expected.length, () => `heard ${heard.length} of ${expected.length}`)
  .then(() => assert.deepEqual(heard, expected));
// most of it stays, some of it in characters of several bytes
const quote = (n) => ({ symbol: 'ACME', price: 100 + n, wo: 'Zürich – 東京 😀', book: Array.from({ length: 20 }, (_, at) => ({ at, size: at === n % 20 ? n : 100 })), note: 'ä'.repeat(n % 3) });

const jobs = {
  async 'what is told as deltas is what was published, also after a cut'() {
    const channel = `chat:deltas-${format}`;
    const [a, b] = [await client(), await client(other)];
    const plain = await subscribed(b, channel);
    const told = await subscribed(a, channel, { delta: 'fossil' });
    const late = () => subscribed(a, `${channel}-late`, { delta: 'fossil' });
    const published = [];
    const publish = async (value) => { published.push(value); await plain.subscription.publish(write(value)); };
    for (let n = 0; n < 40; n++) await publish(quote(n));
    // what has nothing in common with what was before, and what is no object
    for (const value of [7, 'text', ['ä'], { n: 1 }, quote(50)]) await publish(value);
    await hears(told, published);
    await hears(plain, published);
    const stats = told.subscription.deltaStats();
    assert.ok(stats.numDeltaPayloads >= 39 && stats.compressionRatio > 0.5, JSON.stringify(stats));
    a.disconnect();
    for (let n = 60; n < 80; n++) await publish(quote(n));
    a.connect();
    await hears(told, published);
    assert.deepEqual([told.begun[1].wasRecovering, told.begun[1].recovered], [true, true]);
    await publish(quote(81));
    await hears(told, published);
    const after = told.subscription.deltaStats();
    assert.equal(after.numFullPayloads, stats.numFullPayloads + 1, 'the first after it began again, no other');
    // it ends, and goes on where it was; another one begins
    told.subscription.unsubscribe();
    await publish(quote(82));
    told.subscription.subscribe();
    await told.subscription.ready(10000);
    const second = await late();
    await publish(quote(83));
    await hears(told, published);
    assert.deepEqual(second.heard, []);
  },
  async 'where a namespace has no deltas they are not begun with'() {
    const { subscription, heard } = await subscribed(await client(), `whole:${format}`, { delta: 'fossil' });
    for (let n = 0; n < 3; n++) await subscription.publish(write(quote(n)));
    await hears({ heard }, [quote(0), quote(1), quote(2)]);
    assert.equal(subscription.deltaStats().numPublications, 0);
  },
  async 'the newest is what is recovered, and not a second time'() {
    const [a, b, channel] = [await client(), await client(other), `last:${format}`];
    const publish = (n) => b.publish(channel, write(quote(n)));
    const since = { offset: 0, epoch: '' };
    const empty = await subscribed(a, `${channel}-empty`, { since });
    assert.deepEqual([empty.begun[0].recovered, empty.heard], [false, []]);
    for (let n = 1; n < 4; n++) await publish(n);
    for (const options of [{ since }, { since, delta: 'fossil' }]) {
      const made = await client();
      const cached = await subscribed(made, channel, options);
      const known = quote(3 + (options.delta ? 4 : 0));
      await hears(cached, [known]);
      assert.deepEqual([cached.begun[0].wasRecovering, cached.begun[0].recovered], [true, true]);
      const again = async () => {
        made.disconnect();
        const begun = cached.begun.length;
        return () => {
          made.connect();
          return eventually(() => cached.begun.length > begun, () => 'it begins again');
        };
      };
      await (await again())();
      assert.equal(cached.begun[1].recovered, true);
      const back = await again();
      const base = options.delta ? 8 : 4;
      for (let n = base; n < base + 3; n++) await publish(n);
      await back();
      await publish(base + 3);
      await hears(cached, [known, quote(base + 2), quote(base + 3)]);
      assert.equal(cached.begun[2].recovered, true);
    }
  },
};

(async () => {
  for (const [name, job] of Object.entries(jobs)) {
    console.log(name);
    await job();
    opened.splice(0).forEach((it) => it.disconnect());
  }
  console.log('all jobs done');
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
