// The official JavaScript client where the application decides by proxies: each job asserts by itself. Arguments: the
// address, json or protobuf. What the application answers to what stands in tests/e2e/centrifuge/proxies.rs.
'use strict';
const assert = require('node:assert/strict');
const WebSocket = require('ws');

const [url, format] = process.argv.slice(2);
const { Centrifuge } = require(format === 'protobuf' ? 'centrifuge/build/protobuf' : 'centrifuge');
const write = (value) => (format === 'protobuf' ? new TextEncoder().encode(JSON.stringify(value)) : value);
const read = (value) => (format === 'protobuf' ? JSON.parse(new TextDecoder().decode(value)) : value);

class WithCookie extends WebSocket {
  constructor(address, protocols) { super(address, protocols, { headers: { cookie: 'sid=7' } }); }
}
const opened = [];
function client(login) {
  const options = { websocket: WithCookie, data: write({ login }), minReconnectDelay: 20, maxReconnectDelay: 100 };
  opened.push(new Centrifuge(url, options));
  return opened.at(-1);
}
function event(emitter, name, check = () => true) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${name} in time`)), 10000);
    emitter.on(name, (it) => { if (check(it)) { clearTimeout(late); resolve(it); } });
  });
}
const code = async (promise) => { try { await promise; } catch (error) { return error.code; } return 0; };

const jobs = {
  async 'the application says who connects'() {
    const known = client(`${format}-ada`);
    const subscribed = (channel) => event(known, 'subscribed', (it) => it.channel === channel);
    const told = [event(known, 'connected'), subscribed('chat:given'), subscribed('chat:plain')];
    known.connect();
    // what the application says to the client: of the connection, and of each subscription
    const data = (await Promise.all(told)).map((it) => read(it.data));
    assert.deepEqual(data, [{ hello: `${format}-ada` }, { seat: 7 }, [1]]);
    const [refused, away] = [client('stranger'), client('banned')];
    const ended = [refused, away].map((it) => event(it, 'disconnected'));
    refused.connect();
    away.connect();
    assert.deepEqual((await Promise.all(ended)).map((it) => it.code), [1000, 4501]);
    // an application that fails is asked again, by whoever comes back
    const later = client(`${format}-later`);
    later.connect();
    await event(later, 'connected');
  },

  async 'it says who subscribes and publishes, and answers calls'() {
    const one = client(`${format}-ada`);
    // all in one frame with the connect
    const open = one.newSubscription('chat:open');
    const closed = one.newSubscription('chat:closed');
    // the client of the other format publishes there as well
    const heard = event(open, 'publication', (it) => it.info.user === `${format}-ada`);
    const [begun, refused] = [event(open, 'subscribed'), event(closed, 'unsubscribed')];
    open.subscribe();
    closed.subscribe();
    one.connect();
    await begun;
    assert.equal((await refused).code, 1003);
    assert.equal(await code(open.publish(write({ n: 2 }))), 1004);
    await open.publish(write({ n: 1 }));
    assert.deepEqual(read((await heard).data), { n: 1, seen: true });
    assert.deepEqual(read((await one.rpc('sum', write([1, 2]))).data), { method: 'sum', data: [1, 2] });
    assert.equal(await code(one.rpc('wrong', write(null))), 1005);
    assert.equal(await code(one.rpc('broken', write(null))), 100);
    const end = event(one, 'disconnected');
    one.newSubscription('chat:end').subscribe();
    assert.equal((await end).code, 4502);
  },

  async 'it renews what ends, or does not'() {
    const short = client(`${format}-short`);
    const subscription = short.newSubscription('chat:short');
    const [again, twice] = [event(short, 'connecting', (it) => it.code === 3006), { count: 0 }];
    const resubscribed = event(subscription, 'subscribed', () => (twice.count += 1) === 2);
    subscription.subscribe();
    short.connect();
    await again;
    await resubscribed;
    const over = client(`${format}-over`);
    const expired = event(over, 'connecting', (it) => it.code === 3005);
    over.connect();
    await expired;
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
