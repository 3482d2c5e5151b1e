/* @hubwire/client, built by clients/js/demo/build.mjs */

// client/src/codec.ts
var json = {
  protocol: "hubwire.v1.json",
  // a lone surrogate cannot be encoded as UTF-8: the node would refuse the frame
  encode: (action) => JSON.stringify(action).replace(/\\(ud[89a-f]..|.)/g, (found) => found.length > 2 ? "\\ufffd" : found),
  frame: (parts) => parts.length === 1 ? parts[0] : `[${parts.join()}]`,
  decode: (data) => JSON.parse(data)
};
function bytesOf(part) {
  return typeof part === "string" ? new TextEncoder().encode(part).length : part.length;
}

// client/src/errors.ts
var HubError = class extends Error {
  constructor(code, message, details = {}) {
    const { retry = false, retryAfterMs, id, path, outcome = "not_done", cause } = details;
    super(message, { cause });
    this.code = code;
    this.name = "HubError";
    this.retry = retry;
    this.outcome = outcome;
    Object.assign(this, { retryAfterMs, id, path });
  }
};
var Unauthorized = class extends Error {
  constructor() {
    super(...arguments);
    this.name = "Unauthorized";
  }
};
function errorOf(payload, id) {
  const {
    code,
    message,
    retry,
    retry_after_ms: retryAfterMs,
    path
  } = payload;
  return new HubError(code, message, { retry, retryAfterMs, id, path });
}

// client/src/backoff.ts
function jitter(random, base, cap, n) {
  return random() * Math.min(cap, base * 2 ** n);
}

// client/src/streams.ts
var sequenceOf = (pos) => Number.parseInt(pos, 10);
function createStreams() {
  const streams = /* @__PURE__ */ new Map();
  const of = (name) => {
    let stream = streams.get(name);
    if (!stream) streams.set(name, stream = { gated: false });
    return stream;
  };
  const moved = (stream, pos) => {
    stream.pos = pos;
    if (stream.top !== void 0 && !stream.gated && sequenceOf(pos) >= stream.top) stream.top = void 0;
  };
  return {
    position: (name) => streams.get(name)?.pos,
    positions(take) {
      const found = {};
      for (const [name, { pos }] of streams) if (pos !== void 0 && take(name)) found[name] = pos;
      return found;
    },
    begin: (name, pos) => {
      streams.set(name, { pos, gated: false });
    },
    gate(name, top) {
      const stream = of(name);
      stream.gated = true;
      stream.top = top === void 0 ? Number.POSITIVE_INFINITY : sequenceOf(top);
    },
    aim(name, top) {
      const stream = of(name);
      if (stream.top === void 0 && !stream.gated) return;
      stream.top = sequenceOf(top);
      if (stream.pos !== void 0) moved(stream, stream.pos);
    },
    answer(name, pos, top) {
      const stream = of(name);
      stream.gated = false;
      if (top !== void 0) stream.top = sequenceOf(top);
      else if (stream.top === Number.POSITIVE_INFINITY) stream.top = void 0;
      moved(stream, pos);
    },
    skip(name, pos) {
      const stream = of(name);
      if (!stream.gated) moved(stream, pos);
      return !stream.gated;
    },
    accept(name, pos) {
      const stream = of(name);
      if (stream.gated || stream.pos !== void 0 && sequenceOf(pos) <= sequenceOf(stream.pos)) return false;
      moved(stream, pos);
      return true;
    },
    forget: (name) => {
      streams.delete(name);
    },
    lost() {
      for (const stream of streams.values()) {
        stream.gated = true;
        stream.top = Number.POSITIVE_INFINITY;
      }
    },
    synced: () => [...streams.values()].every((stream) => stream.top === void 0)
  };
}

// client/src/feed.ts
var HELD_MAX = 1e3;
var gapKey = (key) => `gap ${key}`;
function createFeed(ports, { key, to, stream, mine }) {
  return {
    on: (handler) => ports.emitter.on(key, handler),
    send: (action, options = {}) => ports.send(to(), action, options),
    commit: (pos) => ports.commit(stream(), pos),
    async *history({ before, after, limit } = {}) {
      for (; ; ) {
        const { payload } = await ports.ask("@@hub/history", stream(), { before, after, limit });
        const { publications, more } = payload;
        const oldest = publications[0]?.meta.hub.pos;
        if (after !== void 0 && oldest !== void 0 && sequenceOf(oldest) <= sequenceOf(after)) {
          throw new HubError("failed", "this node knows no history `after` a position");
        }
        const page = mine ? publications.filter(mine) : publications;
        if (page.length) yield page;
        const last = publications[after === void 0 ? 0 : publications.length - 1]?.meta.hub.pos;
        if (!more || last === void 0) return;
        if (after === void 0) before = last;
        else after = last;
      }
    },
    [Symbol.asyncIterator]: () => iterate(ports.emitter, key)
  };
}
function iterate(emitter, key) {
  const held = [];
  let waiting = [];
  let over = false;
  const take = (item) => {
    const next = waiting.shift();
    if (next) return next({ value: item, done: false });
    if (held.length >= HELD_MAX) {
      const { hub } = held[HELD_MAX - 1].meta ?? {};
      held.splice(0, HELD_MAX, { stream: key, pos: hub?.pos ?? "", cause: "lag" });
    }
    held.push(item);
  };
  const undo = [emitter.on(key, take), emitter.on(gapKey(key), take), emitter.on("end", end)];
  function end() {
    over = true;
    undo.forEach((run) => run());
    waiting.forEach((resolve) => resolve({ value: void 0, done: true }));
    waiting = [];
  }
  return {
    next: () => new Promise((resolve) => {
      const item = held.shift();
      if (item) resolve({ value: item, done: false });
      else if (over) resolve({ value: void 0, done: true });
      else waiting.push(resolve);
    }),
    return() {
      held.length = 0;
      end();
      return Promise.resolve({ value: void 0, done: true });
    }
  };
}

// client/src/emitter.ts
function createEmitter(thrown) {
  const handlers = /* @__PURE__ */ new Map();
  return {
    on(key, handler) {
      const entry = { run: handler };
      const set = handlers.get(key) ?? /* @__PURE__ */ new Set();
      handlers.set(key, set.add(entry));
      return () => {
        set.delete(entry);
        if (!set.size && handlers.get(key) === set) handlers.delete(key);
      };
    },
    emit(key, value) {
      for (const entry of [...handlers.get(key) ?? []]) {
        try {
          entry.run(value);
        } catch (error) {
          thrown(error);
        }
      }
    },
    has: (key) => handlers.has(key)
  };
}

// client/src/signal.ts
function createSignal(ports, everyMs = 100, ttlMs = 5e3) {
  const { environment } = ports;
  const emitter = createEmitter(ports.thrown);
  const fading = /* @__PURE__ */ new Map();
  let values = /* @__PURE__ */ new Map();
  let latest;
  let throttle;
  let last = Number.NEGATIVE_INFINITY;
  const put = (user, value) => {
    environment.clearTimeout(fading.get(user));
    fading.delete(user);
    if (value == null && !values.has(user)) return;
    const next = new Map(values);
    if (value == null) next.delete(user);
    else {
      next.set(user, value);
      fading.set(
        user,
        environment.setTimeout(() => put(user, void 0), ttlMs)
      );
    }
    values = next;
    emitter.emit("", values);
  };
  const undo = [
    ports.listen(({ payload, meta }) => meta.hub.from !== void 0 && put(meta.hub.from, payload)),
    ports.left((users) => users.forEach((user) => put(user, void 0)))
  ];
  const flush = () => {
    throttle = void 0;
    last = environment.now();
    ports.send(latest ?? null);
  };
  return {
    set(value) {
      latest = value;
      throttle ??= environment.setTimeout(flush, Math.max(0, last + everyMs - environment.now()));
    },
    get values() {
      return values;
    },
    onChange: (handler) => emitter.on("", handler),
    close() {
      undo.forEach((run) => run());
      environment.clearTimeout(throttle);
      for (const timer of fading.values()) environment.clearTimeout(timer);
    }
  };
}

// client/src/sync.ts
function startSync(ports, options) {
  if (!options.load && ports.snapshot())
    throw new HubError("failed", "without `load`, sync before the channel is joined");
  let held = [];
  let controller = new AbortController();
  let over = false;
  function kept() {
    const snapshot = ports.snapshot();
    if (snapshot === void 0) throw new HubError("not_found", "the channel was not joined with its `snapshot`");
    return { snapshot: snapshot?.payload, pos: snapshot?.pos };
  }
  async function load() {
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    held = [];
    try {
      await ports.joined();
      const found = options.load ? await options.load(signal) : kept();
      if (signal.aborted) return;
      options.reset(found.snapshot);
      const after = found.pos === void 0 ? 0 : sequenceOf(found.pos);
      const missed = held;
      held = void 0;
      for (const action of missed) {
        const at = action.meta.hub.pos;
        if (at === void 0 || sequenceOf(at) > after) options.apply(action);
      }
    } catch (error) {
      if (signal.aborted) return;
      ports.thrown(error);
      ports.again(() => over || signal.aborted || load());
    }
  }
  const undo = [ports.on((action) => held ? held.push(action) : options.apply(action)), ports.onGap(load)];
  load();
  return () => {
    over = true;
    controller.abort();
    undo.forEach((run) => run());
  };
}

// client/src/channel.ts
function createChannel(ports, room, release) {
  const { address, presence } = room;
  const { emitter, environment, thrown } = ports;
  const feed = createFeed(ports, { key: address, to: () => address, stream: () => address });
  const undo = [];
  let left = false;
  const leave = () => {
    if (left) return;
    left = true;
    undo.forEach((run) => run());
    release();
  };
  const ephemeral = (action, options) => ports.ephemeral(address, action, options);
  return {
    ...feed,
    address,
    presence,
    leave,
    ephemeral,
    setState: (state) => ports.show(room, state),
    get joined() {
      return room.joined;
    },
    get snapshot() {
      return room.snapshot;
    },
    signal(type, { everyMs, ttlMs } = {}) {
      const signal = createSignal(
        {
          environment,
          send: (payload) => ephemeral({ type, payload }),
          listen: (handler) => feed.on((action) => action.type === type && handler(action)),
          left: (handler) => presence.onChange((change) => handler(change.left.map(({ user }) => user))),
          thrown
        },
        everyMs,
        ttlMs
      );
      undo.push(signal.close);
      return signal;
    },
    sync(options) {
      const stop = startSync(
        {
          joined: () => room.joined,
          snapshot: () => room.snapshot,
          on: feed.on,
          onGap: (handler) => emitter.on(gapKey(address), handler),
          again: (run) => environment.setTimeout(run, 1e3 + environment.random() * 2e3),
          thrown
        },
        options
      );
      undo.push(stop);
      return stop;
    },
    async [Symbol.asyncDispose]() {
      leave();
    }
  };
}

// client/src/presence.ts
var Presence = class extends Map {
  constructor(thrown) {
    super();
    this.stale = true;
    this.emitter = createEmitter(thrown);
  }
  snapshot() {
    return this.members ??= [...this.values()];
  }
  onChange(handler) {
    return this.emitter.on("", handler);
  }
  /** A list was requested. */
  expect() {
    this.pushed = [];
  }
  /** The list arrived: reports the differences as one change. */
  list(members) {
    const fresh = new Map(members.map((member) => [member.user, member]));
    this.stale = false;
    const pushed = this.pushed ?? [];
    this.pushed = void 0;
    const gone = [...this.keys()].filter((user) => !fresh.has(user));
    this.tell(this.apply(members, gone));
    for (const push of pushed) push();
  }
  push(members, left) {
    const push = () => {
      const change = this.apply(members, left);
      if (change.joined.length || change.left.length || change.changed.length) this.tell(change);
    };
    if (this.pushed) this.pushed.push(push);
    else push();
  }
  lost() {
    this.pushed = void 0;
    if (this.stale) return;
    this.stale = true;
    this.tell({ joined: [], left: [], changed: [] });
  }
  apply(members, gone) {
    const change = { joined: [], left: [], changed: [] };
    for (const user of gone) {
      const member = this.get(user);
      if (member && this.delete(user)) change.left.push(member);
    }
    for (const member of members) {
      const before = this.get(member.user);
      if (before && JSON.stringify(before) === JSON.stringify(member)) continue;
      this.set(member.user, member);
      change[before ? "changed" : "joined"].push(member);
    }
    return change;
  }
  tell(change) {
    this.members = void 0;
    this.emitter.emit("", change);
  }
};

// client/src/channels.ts
function createChannels(ports) {
  const { environment, streams, ask } = ports;
  const rooms = /* @__PURE__ */ new Map();
  let viewed;
  let viewedByNode;
  let tellsMembers = false;
  let showsState = false;
  let can = () => false;
  let epoch = 0;
  function create(address, options) {
    const { state } = options;
    const room = { address, options, state, taken: 0, inside: false, refused: false };
    const full = { ...room, presence: new Presence(ports.thrown), ...promised() };
    rooms.set(address, full);
    return full;
  }
  function promised() {
    let settle;
    const joined2 = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    joined2.catch(() => {
    });
    return { joined: joined2, settle };
  }
  const hasSnapshot = ({ options }) => !!options.snapshot && can("snapshots");
  const payloadOf = (room, token) => {
    const { presence: follows = true, start, recent } = room.options;
    const from = start === "beginning" ? { from: "oldest" } : start === "cursor" ? null : start;
    const pos = streams.position(room.address) ?? (from === "now" ? void 0 : from);
    const fresh = pos === void 0;
    return {
      pos,
      presence: follows ? room.state && showsState ? { state: room.state } : void 0 : false,
      snapshot: fresh && hasSnapshot(room) || void 0,
      recent: fresh && !hasSnapshot(room) && can("recent") ? recent : void 0,
      token
    };
  };
  async function enter(room, type = "@@hub/join") {
    if (!ports.connected()) return;
    const mine = epoch;
    const current = () => mine === epoch && rooms.get(room.address) === room;
    const { token } = room.options;
    const follows = room.options.presence !== false;
    room.inside = true;
    room.refused = false;
    streams.gate(room.address);
    if (follows) room.presence.expect();
    try {
      let members;
      const shown = typeof token === "function" ? await token() : token;
      if (!current()) return;
      await ask(type, room.address, payloadOf(room, shown), (answer) => {
        if (current()) members = joined(room, answer.payload);
      });
      if (!current() || !follows) return;
      const found = members && tellsMembers ? members : await everybody(room);
      if (current()) list(room, found);
    } catch (cause) {
      if (!current()) return;
      if (cause instanceof HubError) return refused(room, cause, type);
      ports.thrown(cause);
      refused(room, new HubError("failed", String(cause), { retry: true }), type);
    }
  }
  async function everybody({ address }) {
    const found = [];
    for (; ; ) {
      const after = found[found.length - 1]?.user;
      const { payload } = await ask("@@hub/presence", address, after === void 0 ? void 0 : { after });
      const { users, more } = payload;
      found.push(...users.map(counted));
      if (!more || !users.length) return found;
    }
  }
  function joined(room, { pos, recovered, top, members, recent, snapshot }) {
    const { address } = room;
    if (snapshot !== void 0) room.snapshot = snapshot;
    if (recent?.length) {
      streams.answer(address, "0-0", pos);
      for (const action of recent) ports.deliver(action);
    }
    streams.answer(address, pos, top);
    const begins = recovered === false && snapshot === void 0 && renew(room);
    if (recovered === false) ports.gap(address, pos, "not_recovered");
    if (!begins) room.settle.resolve();
    ports.stepped();
    return members?.map(counted);
  }
  function renew(room) {
    const has = hasSnapshot(room);
    if (has) {
      Object.assign(room, promised());
      streams.forget(room.address);
      enter(room);
    }
    return has;
  }
  function list(room, members) {
    const user = ports.user();
    const there = members.some((member) => member.user === user);
    room.presence.list(there || user === void 0 ? members : [...members, { user, sessions: 1 }]);
  }
  function told({ presence }, who) {
    const here = [];
    for (const one of who) {
      const member = typeof one === "string" ? { user: one } : one;
      const sessions = presence.get(member.user)?.sessions || 1;
      if (typeof one !== "string" || !presence.get(one)?.sessions) here.push({ sessions, ...member });
    }
    presence.push(here, []);
  }
  function refused(room, error, type) {
    if (error.retry) {
      const mine = epoch;
      const wait = Math.max(error.retryAfterMs ?? 0, jitter(environment.random, 1e3, 1e3, 0));
      environment.setTimeout(() => mine === epoch && rooms.get(room.address) === room && enter(room, type), wait);
      return;
    }
    room.inside = false;
    room.refused = true;
    streams.forget(room.address);
    room.presence.lost();
    room.settle.reject(error);
    Object.assign(room, promised());
    ports.thrown(new HubError(error.code, `${room.address}: ${error.message}`));
    ports.stepped();
  }
  function drop(room) {
    rooms.delete(room.address);
    streams.forget(room.address);
    room.presence.lost();
    room.settle.reject(new HubError("cancelled", "left before it was joined"));
    return room.inside;
  }
  function leave(room) {
    if (!drop(room) || !ports.connected()) return;
    const isView = viewedByNode === room;
    if (isView) viewedByNode = void 0;
    ask(isView ? "@@hub/view" : "@@hub/leave", isView ? void 0 : room.address).catch(() => {
    });
  }
  function release(room) {
    if (rooms.get(room.address) === room && --room.taken <= 0) leave(room);
  }
  function show(room, state) {
    room.state = state;
    if (room.inside && showsState && ports.connected()) ask("@@hub/state", room.address, { state }).catch(ports.thrown);
  }
  return {
    show,
    take(address, options) {
      const known = rooms.get(address);
      const room = known ?? create(address, options);
      room.taken++;
      if (!known) enter(room);
      else if (known.refused) enter(Object.assign(known, { options }));
      return room;
    },
    release,
    view(address, options) {
      const before = viewed;
      if (before?.address === address) return before ?? null;
      viewed = void 0;
      if (address === null) {
        if (before) release(before);
        return null;
      }
      const known = rooms.get(address);
      const room = known ?? create(address, options);
      viewed = room;
      room.taken++;
      const ends = before && before.taken <= 1 ? before : void 0;
      const atOnce = !known && (!viewedByNode || viewedByNode === ends);
      if (atOnce && ends && ends === viewedByNode) drop(ends);
      else if (before) release(before);
      if (atOnce) viewedByNode = room;
      if (!known) enter(room, atOnce ? "@@hub/view" : "@@hub/join");
      return room;
    },
    welcomed({ features }) {
      can = (feature) => features.includes(feature);
      showsState = can("presence_state");
      tellsMembers = showsState || can("members");
      for (const room of rooms.values()) {
        if (room === viewed) viewedByNode = room;
        enter(room, room === viewed ? "@@hub/view" : "@@hub/join");
      }
    },
    lost() {
      epoch++;
      viewedByNode = void 0;
      for (const room of rooms.values()) {
        room.inside = false;
        room.presence.lost();
      }
    },
    missed(to) {
      const room = rooms.get(to);
      if (room) renew(room);
    },
    told(type, to, { users = [], members, count, reason }) {
      const room = rooms.get(to);
      if (!room) return false;
      const me = ports.user();
      if (type === "@@hub/left" && reason !== void 0 && me !== void 0 && users.includes(me)) {
        const expired = reason === "expired";
        if (expired && typeof room.options.token === "function") enter(room);
        else refused(room, new HubError(expired ? "token_expired" : "forbidden", `taken out: ${reason}`), "@@hub/join");
      } else if (type === "@@hub/left") room.presence.push([], users);
      else if (type === "@@hub/changed" && members?.length === count && members) {
        list(room, members.map(counted));
      } else told(room, members ?? users);
      return true;
    },
    retry() {
      for (const room of rooms.values()) if (room.refused) enter(room);
    },
    close(error) {
      for (const room of rooms.values()) {
        drop(room);
        room.settle.reject(error);
      }
    }
  };
}
function counted(member) {
  return { sessions: 1, ...member };
}

// client/src/codes.ts
function verdictOf(code) {
  if (code === 4401) return "credentials";
  if (code >= 4400 && code < 4500) return "stop";
  if (code >= 4e3 && code < 4100) return "hand_over";
  if (code >= 4100 || code >= 1011 && code <= 1013) return "back_off";
  return "soon";
}

// client/src/credentials.ts
async function credentialOf({ getToken, getTicket }, context) {
  if (getToken) return { token: await getToken(context) };
  if (getTicket) return { ticket: await getTicket(context) };
  return void 0;
}

// client/src/liveness.ts
var ANSWER_MS = 1e4;
var PROBE_MS = 3e3;
var LATE_MS = 5e3;
var TICK_MS = 2e3;
function createLiveness(environment, ping, dead) {
  let timer;
  let quiet = 0;
  let heard = 0;
  let asked = false;
  let end = 0;
  let due = 0;
  const arm = (ms) => {
    end = environment.now() + ms;
    tick();
  };
  const tick = () => {
    environment.clearTimeout(timer);
    const now = environment.now();
    due = Math.min(end, now + TICK_MS);
    timer = environment.setTimeout(check, due - now);
  };
  const ask = (ms) => {
    asked = true;
    ping();
    arm(ms);
  };
  function check() {
    const now = environment.now();
    if (now - due >= LATE_MS && !environment.hidden()) return ask(PROBE_MS);
    if (now < end) return tick();
    if (asked) return dead();
    const left = heard + quiet - now;
    if (left > 0) arm(left);
    else ask(ANSWER_MS);
  }
  return {
    start(quietMs) {
      quiet = quietMs;
      heard = environment.now();
      asked = false;
      arm(quiet);
    },
    stop() {
      environment.clearTimeout(timer);
      quiet = 0;
    },
    received() {
      heard = environment.now();
      if (asked && quiet) {
        asked = false;
        arm(quiet);
      }
    },
    probe() {
      if (quiet) ask(PROBE_MS);
    }
  };
}

// client/src/socket.ts
function webSocketOf(given) {
  const found = given ?? globalThis.WebSocket;
  if (!found) {
    throw new HubError(
      "failed",
      "this runtime has no WebSocket: pass the option `webSocket`, e.g. the default export of `ws` or WebSocket of `undici`"
    );
  }
  return found;
}

// client/src/connection.ts
var OPEN_MS = 1e4;
var STABLE_MS = 1e4;
var BACK_OFF = { base: 2e3, cap: 3e4 };
function createConnection(ports) {
  const { options, environment, codec } = ports;
  const {
    baseMs = 500,
    capMs = 2e4,
    attempts = Number.POSITIVE_INFINITY,
    hiddenMinMs = 1e4
  } = options.reconnect ?? {};
  const device = { device: ports.device, ...options.deviceClass && { device_class: options.deviceClass } };
  let state = "idle";
  let socket;
  let welcome;
  let failure;
  let tries = 0;
  let rejections = 0;
  let welcomedAt = 0;
  let drainMs;
  let timer;
  let live = false;
  let waiting = false;
  let asleep = false;
  let controller;
  let unwatch;
  const callers = [];
  const liveness = createLiveness(
    environment,
    () => write2({ type: "@@hub/ping", meta: { hub: { id: ports.nextId() } } }),
    () => interrupted(new HubError("timeout", "the node does not answer"), 1006)
  );
  function move(next, error, retryInMs) {
    const previous = state;
    state = next;
    if (next !== previous || retryInMs !== void 0) ports.moved(next, previous, error, retryInMs);
  }
  function write2(action) {
    return send(codec.frame([codec.encode(action)]));
  }
  function send(frame) {
    if (!live) return false;
    socket?.send(frame);
    return true;
  }
  function drop() {
    environment.clearTimeout(timer);
    waiting = false;
    controller?.abort();
    liveness.stop();
    const old = socket;
    socket = void 0;
    if (old) {
      old.onopen = old.onmessage = old.onclose = null;
      old.onerror = () => {
      };
      old.close();
    }
    if (live) {
      live = false;
      if (environment.now() - welcomedAt >= STABLE_MS) tries = 0;
      ports.lost();
    }
  }
  async function open(reason) {
    drop();
    const mine = new AbortController();
    controller = mine;
    move(state === "idle" || state === "failed" ? "connecting" : "reconnecting");
    try {
      const credential = await credentialOf(options, { reason, attempt: tries, signal: mine.signal });
      const url = typeof options.url === "function" ? await options.url() : options.url;
      if (!mine.signal.aborted) dial(url, credential);
    } catch (error) {
      if (mine.signal.aborted) return;
      const told = error instanceof HubError ? error : new HubError("failed", String(error), { cause: error });
      if (error instanceof Unauthorized || error instanceof HubError) fail(told);
      else retry(baseMs, capMs, "connect", told);
    }
  }
  function dial(url, credential) {
    const opened = new (webSocketOf(options.webSocket))(addressOf(url, !credential, device), [codec.protocol]);
    socket = opened;
    opened.binaryType = "arraybuffer";
    const patience = () => {
      environment.clearTimeout(timer);
      timer = environment.setTimeout(
        () => interrupted(new HubError("timeout", "no connection in time", { retry: true }), 1006),
        OPEN_MS
      );
    };
    patience();
    opened.onopen = () => {
      patience();
      opened.send(codec.frame([codec.encode(hello(credential))]));
    };
    opened.onmessage = ({ data }) => {
      liveness.received();
      let action;
      try {
        action = codec.decode(data);
      } catch (cause) {
        return interrupted(new HubError("bad_syntax", "the node sent what cannot be read", { cause }), 1006);
      }
      if (action.type === "@@hub/welcome") greeted(action.payload);
      else if (action.type === "@@hub/ping") write2({ type: "@@hub/ping" });
      else ports.received(action);
    };
    opened.onclose = ({ code, reason }) => {
      options.logger?.({ event: "closed", detail: { code, reason } });
      interrupted(new HubError("not_connected", `closed with ${code} ${reason}`, { retry: true }), code);
    };
    opened.onerror = () => {
    };
  }
  function hello(credential) {
    const positions = ports.resume();
    const meta = { hub: { id: ports.nextId() } };
    if (!credential) {
      return Object.keys(positions).length ? { type: "@@hub/resume", payload: { positions }, meta } : { type: "@@hub/live", meta };
    }
    return { type: "@@hub/auth", payload: { ...credential, ...device, resume: positions }, meta };
  }
  function greeted(told) {
    environment.clearTimeout(timer);
    welcome = told;
    live = true;
    rejections = 0;
    drainMs = void 0;
    welcomedAt = environment.now();
    liveness.start(told.features.includes("text_ping") ? told.ping_ms * 1.15 : told.ping_ms);
    move("connected");
    ports.welcomed(told);
    for (const caller of callers.splice(0)) caller.resolve(told);
  }
  function interrupted(error, code) {
    const verdict = verdictOf(code);
    drop();
    if (verdict === "stop") return fail(error);
    if (verdict === "credentials") {
      if (rejections++ || !(options.getToken || options.getTicket)) {
        return fail(new HubError("bad_credentials", error.message, { cause: error }));
      }
      return retry(baseMs, capMs, "rejected", error);
    }
    if (verdict === "back_off") return retry(BACK_OFF.base, BACK_OFF.cap, "connect", error);
    if (verdict === "hand_over" && drainMs !== void 0) return wait(drainMs, "connect", error);
    retry(baseMs, capMs, "connect", error);
  }
  function retry(base, cap, reason, error) {
    if (tries >= attempts) return fail(error);
    const delay = jitter(environment.random, base, cap, tries);
    wait(environment.hidden() ? Math.max(delay, hiddenMinMs) : delay, reason, error);
  }
  function wait(delay, reason, error) {
    tries++;
    drop();
    waiting = true;
    timer = environment.setTimeout(() => open(reason), delay);
    move("reconnecting", error, delay);
  }
  function end(next, error) {
    drop();
    failure = error;
    unwatch?.();
    unwatch = void 0;
    move(next, error);
    for (const caller of callers.splice(0)) caller.reject(error);
  }
  function fail(error) {
    if (state !== "closed") end("failed", error);
  }
  function noticed(what) {
    if (what === "pagehide") {
      asleep = true;
      drop();
      move("reconnecting");
    } else if (what === "pageshow" ? asleep : waiting) {
      asleep = false;
      open("connect");
    } else if (!asleep) liveness.probe();
  }
  return {
    get state() {
      return state;
    },
    get welcome() {
      return live ? welcome : void 0;
    },
    connect: () => new Promise((resolve, reject) => {
      if (state === "closed") return reject(failure);
      if (live && welcome) return resolve(welcome);
      callers.push({ resolve, reject });
      if (state !== "idle" && state !== "failed") return;
      tries = rejections = 0;
      unwatch ??= environment.watch(noticed);
      open("connect");
    }),
    reconnect() {
      if (state === "closed" || state === "idle") return;
      tries = rejections = 0;
      unwatch ??= environment.watch(noticed);
      open("connect");
    },
    close() {
      if (state !== "closed") end("closed", new HubError("closed", "the hub was closed"));
    },
    fail,
    send,
    drain(retryInMs) {
      drainMs = retryInMs;
    }
  };
}
function addressOf(url, hold, device) {
  const query = new URLSearchParams({ ping: "text", ...hold && { hold: "true", ...device } });
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

// client/src/cursor.ts
var EVERY_MS = 5e3;
function createCursor(environment, say) {
  const due = /* @__PURE__ */ new Map();
  const told = /* @__PURE__ */ new Map();
  let timer;
  const flush = () => {
    environment.clearTimeout(timer);
    timer = void 0;
    if (!due.size || !say({ type: "@@hub/cursor", payload: { positions: Object.fromEntries(due) } })) return;
    for (const [stream, pos] of due) told.set(stream, pos);
    due.clear();
  };
  return {
    commit(stream, pos) {
      const before = due.get(stream) ?? told.get(stream);
      if (before !== void 0 && sequenceOf(before) >= sequenceOf(pos)) return;
      due.set(stream, pos);
      timer ??= environment.setTimeout(flush, EVERY_MS);
    },
    flush
  };
}

// client/src/environment.ts
function defaultEnvironment() {
  const scope = globalThis;
  const page = scope.document;
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    hidden: () => page?.visibilityState === "hidden",
    watch(listener) {
      const undo = [];
      const on = (target, type, run) => {
        target?.addEventListener?.(type, run);
        undo.push(() => target?.removeEventListener?.(type, run));
      };
      on(scope, "online", () => listener("online"));
      on(page, "visibilitychange", () => page?.visibilityState === "visible" && listener("visible"));
      if (page) {
        on(scope, "pagehide", () => listener("pagehide"));
        on(scope, "pageshow", (event) => event.persisted && listener("pageshow"));
      }
      return () => undo.forEach((run) => run());
    },
    get storage() {
      try {
        return scope.localStorage;
      } catch {
        return void 0;
      }
    }
  };
}
function randomId(environment, length) {
  let id = "";
  while (id.length < length) id += Math.floor(environment.random() * 36).toString(36);
  return id;
}

// client/src/refusal.ts
var ID = "[\\w.~@+=:|%-]{1,64}";
var ADDRESS = new RegExp(
  `^((user|org):${ID}|team:${ID}/${ID}|ch:(?=.{1,255}$)${ID}(/${ID})+|session:[\\da-f]{8}-[\\da-f]{4}-8[\\da-f]{3}-[89ab][\\da-f]{3}-[\\da-f]{12})$`
);
var WORD = /^[^\0-\x1f\x7f]+$/;
var DEPTH_MAX = 32;
var plain = (value) => !!value && typeof value === "object" && !Array.isArray(value);
var word = (value) => typeof value === "string" && WORD.test(value);
function depthOf(value) {
  if (!value || typeof value !== "object") return 0;
  return 1 + Object.values(value).reduce((deepest, item) => Math.max(deepest, depthOf(item)), 0);
}
function refusalOf(action, { typeBytes, idBytes }) {
  const fault = (code, message) => new HubError(code, message, { id: action?.meta?.hub?.id });
  if (!plain(action) || !word(action.type)) return fault("bad_action", "an action needs a `type`, a string");
  const { type, error, meta, payload: _, ...others } = action;
  const { hub = {} } = meta ?? {};
  const { to, id, ephemeral, except = [], select = "all", ...more } = hub ?? {};
  const narrowed = Array.isArray(except) && except.every(word) && (plain(select) || word(select));
  const flags = [error, ephemeral].every((flag) => flag === void 0 || typeof flag === "boolean");
  const maps = [meta, hub].every((map2) => map2 === void 0 || plain(map2));
  if (!flags || !maps || !narrowed || Object.keys({ ...others, ...more }).length || id !== void 0 && !word(id)) {
    return fault("bad_action", `${type}: only \`type\`, \`payload\`, \`error\` and \`meta\`, of their kinds`);
  }
  if (to !== void 0 && !ADDRESS.test(to)) return fault("bad_address", `${to} is no address`);
  if (depthOf(action) > DEPTH_MAX) return fault("too_deep", `${type} is nested too deep`);
  if (bytesOf(type) > typeBytes || bytesOf(id ?? "") > idBytes)
    return fault("too_big", `${type}: type or id is too long`);
  return void 0;
}

// client/src/sent.ts
var SentPromise = class extends Promise {
  constructor() {
    super(...arguments);
    this.heard = false;
    this.id = "";
    this.cancel = () => false;
  }
  static get [Symbol.species]() {
    return Promise;
  }
  // biome-ignore lint/suspicious/noThenProperty: to know whether somebody listens
  then(fulfilled, rejected) {
    this.heard = true;
    return super.then(fulfilled, rejected);
  }
};
function createPending(id, cancel) {
  let resolve;
  let reject;
  const sent = new SentPromise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  sent.catch(() => {
  });
  sent.heard = false;
  sent.id = id;
  sent.cancel = cancel;
  return {
    sent,
    resolve,
    reject(error, unheard) {
      reject(error);
      queueMicrotask(() => queueMicrotask(() => sent.heard || unheard()));
    }
  };
}

// client/src/outbox.ts
var DEFAULT_LIMITS = {
  frameBytes: 65536,
  typeBytes: 128,
  idBytes: 64,
  inFlight: 128,
  windowMs: 12e4,
  perSecond: 0,
  burst: 0
};
var WINDOW_MARGIN_MS = 1e4;
function createOutbox(ports) {
  const { environment, options, codec, writer } = ports;
  const { items = 1e3, bytes: bytesMax = 1 << 20, ttlMs = 6e4 } = options.queue ?? {};
  const ackTimeoutMs = options.ackTimeoutMs ?? 15e3;
  const entries = /* @__PURE__ */ new Map();
  let limits = DEFAULT_LIMITS;
  let bytes = 0;
  let scheduled = false;
  let pausedUntil = 0;
  let pauses = 0;
  let width = Number.POSITIVE_INFINITY;
  let tokens = 0;
  let countedAt = 0;
  let pause;
  let idle = [];
  const now = () => environment.now();
  const windowOver = (entry) => entry.sentAt !== void 0 && now() - entry.sentAt > limits.windowMs - WINDOW_MARGIN_MS;
  const remove = (entry) => {
    entries.delete(entry.id);
    bytes -= entry.bytes;
    environment.clearTimeout(entry.deadline);
    environment.clearTimeout(entry.ackTimer);
    entry.release?.();
    if (!entries.size) idle.splice(0).forEach((done) => done());
    schedule();
  };
  const reject = (entry, error) => {
    remove(entry);
    entry.pending.reject(error, () => ports.unheard(error));
  };
  const giveUp = (entry) => {
    const unsure = entry.inFlight || entry.unsure;
    const error = unsure ? new HubError("timeout", "no acknowledgement in time", { id: entry.id, outcome: "unknown" }) : new HubError("expired", "not sent in time", { id: entry.id });
    reject(entry, error);
  };
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      flush();
    });
  }
  function resumeIn(ms) {
    environment.clearTimeout(pause);
    pause = environment.setTimeout(() => {
      pausedUntil = 0;
      flush();
    }, ms);
  }
  function allowed() {
    const { perSecond, burst } = limits;
    if (!perSecond) return true;
    tokens = Math.min(burst, tokens + (now() - countedAt) * perSecond / 1e3);
    countedAt = now();
    if (tokens >= 1) return !!tokens--;
    resumeIn(Math.ceil((1 - tokens) * 1e3 / perSecond));
    return false;
  }
  function flush() {
    if (!ports.connected() || now() < pausedUntil) return;
    let flying = 0;
    for (const entry of entries.values()) {
      if (flying++ >= Math.min(width, limits.inFlight)) return;
      if (entry.inFlight || entry.unsure && windowOver(entry)) continue;
      if (!allowed()) return;
      entry.inFlight = true;
      entry.sentAt ??= now();
      entry.attempts++;
      entry.ackTimer = environment.setTimeout(() => unanswered(entry), ackTimeoutMs);
      if (entry.alone) writer.alone(entry.part);
      else writer.push(entry.part);
    }
  }
  function unanswered(entry) {
    entry.unsure = true;
    if (windowOver(entry)) return giveUp(entry);
    entry.inFlight = false;
    entry.alone = true;
    flush();
  }
  function expired(entry) {
    if (entry.deadlineMs !== void 0 || !(entry.inFlight || entry.unsure)) giveUp(entry);
  }
  function refused(action, id, size, queue) {
    const fault = refusalOf(action, limits);
    if (fault) return fault;
    if (action.type.startsWith("@@hub/"))
      return new HubError("forbidden_type", `${action.type} is the hub's own`, { id });
    if (size > limits.frameBytes) return new HubError("too_big", `longer than the node allows: ${size} bytes`, { id });
    if (queue === false && !ports.connected()) {
      return new HubError("not_connected", "there is no connection", { id, retry: true });
    }
    if (entries.size >= items || bytes + size > bytesMax) {
      return new HubError("queue_full", `${entries.size} sends wait`, { id, retry: true });
    }
    return entries.has(id) ? new HubError("id_conflict", `${id} is being sent already`, { id }) : void 0;
  }
  return {
    send(to, action, { id = ports.nextId(), deadlineMs, signal, queue, except, select }) {
      const cancel = () => {
        const entry2 = entries.get(id);
        if (!entry2 || entry2.pending !== pending || entry2.attempts) return false;
        reject(entry2, new HubError("cancelled", "cancelled before it was sent", { id }));
        return true;
      };
      const pending = createPending(id, cancel);
      const full = { ...action, meta: { ...action?.meta, hub: { to, id, except, select } } };
      const part = codec.encode(full);
      const size = bytesOf(part);
      const error = signal?.aborted ? new HubError("cancelled", "cancelled before it was sent", { id }) : refused(full, id, size, queue);
      if (error) {
        pending.reject(error, () => ports.unheard(error));
        return pending.sent;
      }
      const entry = {
        id,
        part,
        bytes: size,
        pending,
        createdAt: now(),
        deadlineMs,
        inFlight: false,
        unsure: false,
        alone: false,
        attempts: 0
      };
      entry.deadline = environment.setTimeout(() => expired(entry), deadlineMs ?? ttlMs);
      entries.set(id, entry);
      bytes += size;
      if (signal) {
        const aborted = () => cancel();
        signal.addEventListener("abort", aborted);
        entry.release = () => signal.removeEventListener("abort", aborted);
      }
      schedule();
      return pending.sent;
    },
    acked(id, { duplicate = false, ...rest }) {
      const entry = entries.get(id);
      if (!entry) return false;
      pauses = 0;
      width *= 2;
      remove(entry);
      entry.pending.resolve({ ...rest, duplicate, attempts: entry.attempts });
      return true;
    },
    refused(id, payload) {
      const entry = entries.get(id);
      if (!entry) return false;
      const { code, message, retry, retryAfterMs, path } = errorOf(payload);
      const outcome = entry.unsure ? "unknown" : "not_done";
      const error = new HubError(code, message, { retry, retryAfterMs, id, path, outcome });
      if (!retry || now() - entry.createdAt >= (entry.deadlineMs ?? ttlMs)) {
        reject(entry, error);
        return true;
      }
      environment.clearTimeout(entry.ackTimer);
      entry.inFlight = false;
      if (!entry.unsure) entry.sentAt = void 0;
      const wait = Math.max(retryAfterMs ?? 0, jitter(environment.random, 500, 2e4, pauses));
      if (now() >= pausedUntil) pauses++;
      width = 1;
      pausedUntil = Math.max(pausedUntil, now() + wait);
      resumeIn(pausedUntil - now());
      options.logger?.({ event: "retry", detail: { id, code, inMs: wait } });
      return true;
    },
    again(id) {
      const entry = entries.get(id);
      if (!entry) return;
      environment.clearTimeout(entry.ackTimer);
      entry.inFlight = false;
      entry.alone = true;
      schedule();
    },
    echoed(id, pos) {
      const entry = entries.get(id);
      if (!entry?.unsure) return false;
      remove(entry);
      entry.pending.resolve({ pos, duplicate: true, attempts: entry.attempts });
      return true;
    },
    welcomed(told) {
      limits = told;
      pausedUntil = 0;
      tokens = told.burst;
      countedAt = now();
      flush();
    },
    lost() {
      for (const entry of entries.values()) {
        if (entry.inFlight) entry.unsure = true;
        entry.inFlight = false;
        environment.clearTimeout(entry.ackTimer);
      }
    },
    synced() {
      for (const entry of [...entries.values()]) if (entry.unsure && !entry.inFlight && windowOver(entry)) giveUp(entry);
    },
    idle: () => entries.size ? new Promise((done) => idle.push(done)) : Promise.resolve(),
    close(error) {
      for (const entry of [...entries.values()]) {
        const outcome = entry.inFlight || entry.unsure ? "unknown" : "not_done";
        reject(entry, new HubError(error.code, error.message, { id: entry.id, outcome }));
      }
      environment.clearTimeout(pause);
      idle = [];
    }
  };
}

// client/src/own.ts
var KEPT_MAX = 1e3;
function createOwnCopies(prefix, last) {
  const positions = /* @__PURE__ */ new Set();
  return {
    add(posOrId) {
      positions.add(posOrId);
      if (positions.size <= KEPT_MAX) return;
      const passed = sequenceOf(last() ?? "0");
      for (const kept of positions) if (sequenceOf(kept) <= passed) positions.delete(kept);
      for (const kept of positions) if (positions.size > KEPT_MAX) positions.delete(kept);
    },
    has: ({ pos, id = "" }) => positions.delete(pos ?? "") || positions.delete(id) || id.startsWith(prefix)
  };
}

// client/src/refresh.ts
function createRefresh(options, environment, ask, fail) {
  let timer;
  let controller;
  let tries = 0;
  async function refresh() {
    const { signal } = controller = new AbortController();
    try {
      const credential = await credentialOf(options, { reason: "refresh", attempt: tries, signal });
      if (signal.aborted || !credential) return;
      const { payload } = await ask(credential);
      tries = 0;
      arm(payload?.expires_in_ms);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Unauthorized) return fail(new HubError("failed", error.message, { cause: error }));
      timer = environment.setTimeout(refresh, jitter(environment.random, 1e3, 3e4, tries++));
    }
  }
  function arm(expiresInMs) {
    stop();
    if (expiresInMs === void 0 || !(options.getToken || options.getTicket)) return;
    const share = 0.75 + environment.random() * 0.1;
    timer = environment.setTimeout(refresh, Math.min(expiresInMs * share, 2 ** 31 - 1));
  }
  function stop() {
    environment.clearTimeout(timer);
    controller?.abort();
  }
  return { arm, stop };
}

// client/src/requests.ts
function createRequests(environment, timeoutMs, nextId, write2) {
  const questions = /* @__PURE__ */ new Map();
  const take = (id) => {
    const question = questions.get(id);
    environment.clearTimeout(question?.timer);
    questions.delete(id);
    return question;
  };
  return {
    ask: (type, to, payload, answered, id = nextId()) => new Promise((resolve, reject) => {
      if (!write2({ type, payload, meta: { hub: { to, id } } })) return reject(notConnected());
      const late = () => take(id)?.reject(new HubError("timeout", `${type} was not answered`, { retry: true, outcome: "unknown" }));
      questions.set(id, { answered, resolve, reject, timer: environment.setTimeout(late, timeoutMs) });
    }),
    settle(re, answer) {
      const question = take(re);
      if (!question) return false;
      if (answer.type === "@@hub/error") question.reject(errorOf(answer.payload));
      else {
        question.answered?.(answer);
        question.resolve(answer);
      }
      return true;
    },
    lost() {
      for (const id of [...questions.keys()]) take(id)?.reject(notConnected("unknown"));
    }
  };
}
var notConnected = (outcome) => new HubError("not_connected", "there is no connection", { retry: true, outcome });

// client/src/writer.ts
function createWriter(codec, limits, send) {
  let parts = [];
  let bytes = 0;
  const flush = () => {
    if (!parts.length) return;
    const frame = codec.frame(parts);
    parts = [];
    bytes = 0;
    send(frame);
  };
  return {
    push(part) {
      const size = bytesOf(part) + 1;
      const { actions, bytes: most } = limits();
      if (parts.length >= actions || bytes + size + 8 > most) flush();
      if (parts.push(part) === 1) queueMicrotask(flush);
      bytes += size;
    },
    alone(part) {
      flush();
      send(codec.frame([part]));
    },
    flush,
    clear() {
      parts = [];
      bytes = 0;
    }
  };
}

// client/src/hub.ts
function createHub(options) {
  const environment = options.environment ?? defaultEnvironment();
  const codec = options.codec ?? json;
  const device = deviceOf();
  const name = randomId(environment, 10);
  const instance = `${name}-`;
  let counter = 0;
  const nextId = () => instance + ++counter;
  let user;
  let belonging = { orgs: [] };
  let limits = DEFAULT_LIMITS;
  let actionsPerFrame = 64;
  let clock = { server: environment.date(), local: environment.now() };
  let step = false;
  let lostTimer;
  let apartSince;
  let told = false;
  const emitter = createEmitter(thrown);
  const streams = createStreams();
  const ownStream = () => `user:${user}`;
  const feeds = () => streams.positions((stream) => !stream.startsWith("ch:"));
  const followed = () => Object.keys(feeds());
  const own = createOwnCopies(instance, () => streams.position(ownStream()));
  const writer = createWriter(
    codec,
    () => ({ actions: actionsPerFrame, bytes: limits.frameBytes }),
    (frame) => connection.send(frame)
  );
  const connected = () => connection.welcome !== void 0;
  const say = (action) => {
    if (connected()) writer.push(codec.encode(action));
    return connected();
  };
  const requests = createRequests(environment, options.ackTimeoutMs ?? 15e3, nextId, say);
  const outbox = createOutbox({ environment, options, codec, writer, nextId, connected, unheard: report });
  const cursor = createCursor(environment, say);
  const refresh = createRefresh(
    options,
    environment,
    (payload) => requests.ask("@@hub/refresh", void 0, payload),
    (error) => connection.fail(error)
  );
  const channels = createChannels({
    environment,
    streams,
    user: () => user,
    connected,
    ask: requests.ask,
    gap,
    deliver: (action) => delivered(action),
    stepped,
    thrown
  });
  const connection = createConnection({
    options,
    environment,
    codec,
    // ids are scoped to a device: without a lasting one, to this instance, so that the node detects a retry after a
    // reconnect
    device: device ?? name,
    nextId,
    resume: feeds,
    welcomed,
    received,
    lost,
    moved(state, previous, error, retryInMs) {
      options.logger?.({ event: "state", detail: { state, previous, code: error?.code, retryInMs } });
      if (state === "failed" || state === "closed") ended(error);
      else if (state !== "connected") apart();
      emitter.emit("state", { state, previous, error, retryInMs });
    }
  });
  function deviceOf() {
    if (options.device !== void 0) return options.device || void 0;
    const { storage } = environment;
    if (!storage) return void 0;
    try {
      const known = storage.getItem("hubwire.device") ?? randomId(environment, 16);
      storage.setItem("hubwire.device", known);
      return known;
    } catch {
      return void 0;
    }
  }
  function report(error) {
    emitter.emit("error", error);
  }
  function thrown(cause) {
    if (!emitter.has("error")) return options.logger?.({ event: "state", detail: { error: String(cause) } });
    report(cause instanceof HubError ? cause : new HubError("failed", `a handler threw: ${cause}`, { cause }));
  }
  function gap(stream, pos, cause) {
    const found = { stream, pos, cause };
    emitter.emit("gap", found);
    emitter.emit(gapKey(stream === ownStream() ? "inbox" : stream), found);
  }
  function stepped() {
    if (step || !connected() || !streams.synced()) return;
    step = true;
    outbox.synced();
    emitter.emit("synced", void 0);
  }
  function welcomed(welcome) {
    const { features, resume, now, expires_in_ms, max_frame_bytes, limits: given = {} } = welcome;
    const first = user === void 0;
    user = welcome.user;
    belonging = welcome;
    if (now !== void 0) clock = { server: now, local: environment.now() };
    actionsPerFrame = given.actions_per_frame_max ?? 64;
    limits = {
      frameBytes: given.frame_bytes_max ?? max_frame_bytes,
      typeBytes: given.type_bytes_max ?? DEFAULT_LIMITS.typeBytes,
      idBytes: given.id_bytes_max ?? DEFAULT_LIMITS.idBytes,
      inFlight: Math.max(1, Math.floor((given.in_flight_max ?? 256) / 2)),
      windowMs: given.idempotency_window_ms ?? DEFAULT_LIMITS.windowMs,
      // the rest is for requests of the client itself
      perSecond: (given.actions_per_second ?? 0) * 0.9,
      burst: Math.max(given.actions_burst ?? 0, given.actions_per_second ?? 0) / 2
    };
    follow(resume);
    if (first) begin(resume, features);
    refresh.arm(expires_in_ms);
    channels.welcomed(welcome);
    outbox.welcomed(limits);
    together();
    stepped();
  }
  function follow(tops) {
    for (const stream of followed()) {
      if (!(stream in tops)) streams.forget(stream);
    }
    for (const [stream, top] of Object.entries(tops)) {
      if (streams.position(stream) === void 0) streams.begin(stream, top);
      else streams.aim(stream, top);
    }
  }
  function begin(tops, features) {
    const { user: ofUser = "cursor", org = "now", team = "now" } = options.start ?? {};
    const positions = {};
    for (const [stream, top] of Object.entries(tops)) {
      const start = stream.startsWith("user:") ? ofUser : stream.startsWith("org:") ? org : team;
      if (start === "now" || start === "cursor" && device === void 0) continue;
      const oldest = features.includes("replay_oldest") ? { from: "oldest" } : "0-0";
      positions[stream] = start === "cursor" ? null : start === "beginning" ? oldest : start;
      streams.gate(stream, top);
    }
    if (!Object.keys(positions).length) return;
    say({ type: "@@hub/resume", payload: { positions }, meta: { hub: { id: nextId() } } });
  }
  function apart() {
    if (apartSince !== void 0) return;
    apartSince = environment.now();
    lostTimer = environment.setTimeout(() => {
      told = true;
      emitter.emit("lost", void 0);
    }, options.lostAfterMs ?? 5e3);
  }
  function together() {
    environment.clearTimeout(lostTimer);
    const afterMs = environment.now() - (apartSince ?? environment.now());
    apartSince = void 0;
    if (told) emitter.emit("restored", { afterMs });
    told = false;
  }
  function lost() {
    step = false;
    writer.clear();
    refresh.stop();
    streams.lost();
    requests.lost();
    outbox.lost();
    channels.lost();
  }
  function ended(error) {
    environment.clearTimeout(lostTimer);
    apartSince = void 0;
    outbox.close(new HubError(error.code === "closed" ? "closed" : "failed", error.message));
    if (error.code !== "closed") return;
    channels.close(error);
    emitter.emit("end", void 0);
  }
  function received(action) {
    const { type, payload, meta: { hub: hub2 = {} } = {} } = action;
    const { re, to, pos: at } = hub2;
    if (!type.startsWith("@@hub/") || at !== void 0) return delivered(action);
    if (type === "@@hub/ack" && re !== void 0) {
      const { own_pos, ...ack } = payload;
      const isDirect = ack.sessions !== void 0 || own_pos !== void 0;
      if (isDirect && !re.startsWith(instance)) own.add(own_pos ?? re);
      if (outbox.acked(re, { ...ack, ownPos: own_pos })) return;
    }
    if (type === "@@hub/error") {
      for (const id of payload.not_done ?? []) if (id !== re) outbox.again(id);
      if (re !== void 0 && outbox.refused(re, payload)) return;
    }
    if (type === "@@hub/resumed" && to !== void 0) return resumed(to, payload);
    if (re !== void 0) return void requests.settle(re, action);
    if (type === "@@hub/lag" && to !== void 0) {
      const { pos } = payload;
      if (streams.skip(to, pos)) {
        channels.missed(to);
        gap(to, pos, "lag");
      }
      stepped();
    } else if (type === "@@hub/bye") {
      const { reason, retry_in_ms } = payload;
      connection.drain(retry_in_ms);
      emitter.emit("bye", { reason, retryInMs: retry_in_ms });
    } else if (type === "@@hub/orgs") {
      belong(payload);
    } else if (to === void 0 || !channels.told(type, to, payload ?? {})) emitter.emit("control", action);
  }
  function belong(told2) {
    belonging = told2;
    const { orgs, memberships } = told2;
    for (const stream of followed()) {
      const [, org = "system", team] = /^(?:org|team):([^/]+)(?:\/(.+))?/.exec(stream) ?? [];
      const gone = !orgs.includes(org) || team && !memberships?.[org]?.teams.includes(team);
      if (org !== "system" && gone) streams.forget(stream);
    }
    for (const [stream, pos] of Object.entries(told2.resume)) streams.begin(stream, pos);
    emitter.emit("orgs", { orgs, memberships });
    channels.retry();
  }
  function resumed(stream, { recovered, pos, top, error }) {
    if (error) {
      streams.forget(stream);
      report(new HubError(error.code, `${stream}: ${error.message}`));
    } else {
      streams.answer(stream, pos, top);
      if (!recovered) gap(stream, pos, "not_recovered");
    }
    stepped();
  }
  function delivered(action) {
    const { hub: hub2 } = action.meta;
    const { to, pos, id, from, own_pos } = hub2;
    const personal = to.startsWith("user:");
    const stream = personal ? ownStream() : to;
    if (own_pos !== void 0) own.add(own_pos);
    if (pos !== void 0) {
      if (!streams.accept(stream, pos)) return;
      if (from === user && id !== void 0) {
        const echoed = outbox.echoed(id, pos);
        if (personal && (echoed || own.has(hub2))) return stepped();
      }
      if (personal && device !== void 0 && options.autoCommit !== false) cursor.commit(stream, pos);
    }
    emitter.emit("action", action);
    emitter.emit(`type ${action.type}`, action);
    if (personal) {
      emitter.emit("inbox", action);
      emitter.emit(`user:${from === user ? to.slice(5) : from}`, action);
    } else emitter.emit(to, action);
    stepped();
  }
  async function ask(type, to, payload, { attempts = 1 / 0, id } = {}) {
    for (let n = 1; ; n++) {
      await connection.connect();
      try {
        return await requests.ask(type, to, payload, void 0, id);
      } catch (error) {
        const { retry, retryAfterMs = 0 } = error;
        if (!retry || n >= attempts) throw error;
        const wait = Math.max(retryAfterMs, jitter(environment.random, 500, 2e4, n - 1));
        await new Promise((resolve) => environment.setTimeout(resolve, wait));
      }
    }
  }
  const send = (to, action, sendOptions = {}) => outbox.send(to, action, sendOptions);
  const ephemeral = (to, action, { except, select } = {}) => say({ ...action, meta: { ...action.meta, hub: { to, ephemeral: true, except, select } } });
  const ports = {
    emitter,
    environment,
    ask,
    thrown,
    ephemeral,
    show: channels.show,
    send: outbox.send,
    commit(stream, pos = streams.position(stream)) {
      if (pos !== void 0) cursor.commit(stream, pos);
    }
  };
  const feed = (kind) => createFeed(ports, kind);
  const topic = (address) => feed({ key: address, to: () => address, stream: () => address });
  const handle = (room, release) => createChannel(ports, room, release);
  const hub = {
    get state() {
      return connection.state;
    },
    get synced() {
      return step;
    },
    get user() {
      return user;
    },
    get session() {
      return connection.welcome?.session;
    },
    get orgs() {
      return belonging.orgs;
    },
    get memberships() {
      return belonging.memberships;
    },
    get welcome() {
      return connection.welcome;
    },
    connect: connection.connect,
    reconnect: connection.reconnect,
    async close({ flushMs = 0 } = {}) {
      if (flushMs) {
        const patience = new Promise((resolve) => environment.setTimeout(resolve, flushMs));
        await Promise.race([outbox.idle(), patience]);
      }
      cursor.flush();
      writer.flush();
      connection.close();
    },
    on(event, handler, { signal } = {}) {
      const off = emitter.on(event, handler);
      signal?.addEventListener("abort", off, { once: true });
      return off;
    },
    onAction: (type, handler) => emitter.on(`type ${type}`, handler),
    send,
    ephemeral,
    batch: (items) => Promise.allSettled(items.map(([to, action]) => send(to, action))),
    channel(address, channelOptions = {}) {
      const room = channels.take(address, channelOptions);
      return handle(room, () => channels.release(room));
    },
    view: ((address, channelOptions = {}) => {
      const room = channels.view(address, channelOptions);
      return room && handle(room, () => channels.view(null, {}));
    }),
    direct(peer) {
      const address = `user:${peer}`;
      const mine = ({
        meta: {
          hub: { from, to }
        }
      }) => from === peer || to === address;
      return {
        ...feed({ key: address, to: () => address, stream: ownStream, mine }),
        async presence() {
          const { payload } = await ask("@@hub/presence", address);
          const { users = [] } = payload;
          const sessions = payload.sessions ?? users[0]?.sessions ?? 0;
          return { online: sessions > 0, sessions };
        }
      };
    },
    org: (org) => topic(`org:${org}`),
    team: (team) => topic(`team:${team}`),
    inbox: feed({ key: "inbox", to: ownStream, stream: ownStream }),
    position: streams.position,
    request: ask,
    now: () => clock.server + environment.now() - clock.local,
    [Symbol.asyncDispose]: () => hub.close()
  };
  return hub;
}

// client/src/msgpack/decode.ts
var utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new RangeError("bytes after the value");
  return value;
}
var Reader = class {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  value() {
    const tag = this.unsigned(1);
    if (tag < 128) return tag;
    if (tag < 144) return this.map(tag & 15);
    if (tag < 160) return this.array(tag & 15);
    if (tag < 192) return this.text(tag & 31);
    if (tag >= 224) return tag - 256;
    switch (tag) {
      case 192:
        return null;
      case 194:
      case 195:
        return tag === 195;
      case 202:
        return this.view.getFloat32(this.skip(4));
      case 203:
        return this.view.getFloat64(this.skip(8));
      case 204:
      case 205:
      case 206:
      case 207:
        return this.unsigned(1 << tag - 204);
      case 208:
        return this.view.getInt8(this.skip(1));
      case 209:
        return this.view.getInt16(this.skip(2));
      case 210:
        return this.view.getInt32(this.skip(4));
      case 211:
        return Number(this.view.getBigInt64(this.skip(8)));
      case 217:
      case 218:
      case 219:
        return this.text(this.unsigned(1 << tag - 217));
      case 220:
      case 221:
        return this.array(this.unsigned(2 << tag - 220));
      case 222:
      case 223:
        return this.map(this.unsigned(2 << tag - 222));
    }
    throw new RangeError(`no value of JSON begins with ${tag}`);
  }
  skip(size) {
    const at = this.at;
    this.at += size;
    if (this.at > this.bytes.length) throw new RangeError("cut off");
    return at;
  }
  unsigned(size) {
    const at = this.skip(size);
    if (size === 8) return Number(this.view.getBigUint64(at));
    return size === 4 ? this.view.getUint32(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint8(at);
  }
  text(length) {
    const at = this.skip(length);
    return utf8.decode(this.bytes.subarray(at, at + length));
  }
  array(length) {
    const items = [];
    while (length-- > 0) items.push(this.value());
    return items;
  }
  map(length) {
    const entries = [];
    while (length-- > 0) {
      const key = this.value();
      if (typeof key !== "string") throw new RangeError("a key must be a string");
      entries.push([key, this.value()]);
    }
    return Object.fromEntries(entries);
  }
};

// client/src/msgpack/encode.ts
var utf82 = new TextEncoder();
var Bytes = class {
  constructor() {
    this.buffer = new Uint8Array(256);
    this.view = new DataView(this.buffer.buffer);
    this.length = 0;
  }
  /** `tag`, then the value in `size` bytes. */
  number(tag, size, write2) {
    const at = this.grow(size + 1);
    this.buffer[at] = tag;
    write2?.(this.view, at + 1);
  }
  raw(bytes) {
    const at = this.grow(bytes.length);
    this.buffer.set(bytes, at);
  }
  done() {
    return this.buffer.slice(0, this.length);
  }
  grow(more) {
    const at = this.length;
    this.length += more;
    if (this.length > this.buffer.length) {
      const wider = new Uint8Array(this.length * 2);
      wider.set(this.buffer);
      this.buffer = wider;
      this.view = new DataView(wider.buffer);
    }
    return at;
  }
};
function encode(value) {
  const out = new Bytes();
  write(out, value);
  return out.done();
}
function arrayHeader(length) {
  const out = new Bytes();
  header(out, length, 144, 16, 220);
  return out.done();
}
function header(out, length, short, below, tag16) {
  if (length < below) out.number(short | length, 0);
  else if (length < 65536) out.number(tag16, 2, (view, at) => view.setUint16(at, length));
  else out.number(tag16 + 1, 4, (view, at) => view.setUint32(at, length));
}
function write(out, value) {
  const json2 = value?.toJSON;
  if (typeof json2 === "function") return write(out, json2.call(value));
  switch (typeof value) {
    case "boolean":
      return out.number(value ? 195 : 194, 0);
    case "string":
      return text(out, value);
    case "number":
      return Number.isFinite(value) ? number(out, value) : out.number(192, 0);
    case "bigint":
      return integer(out, value);
    case "object":
      if (Array.isArray(value)) {
        header(out, value.length, 144, 16, 220);
        for (const item of value) write(out, item);
        return;
      }
      if (value) return map(out, value);
  }
  out.number(192, 0);
}
function map(out, value) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) throw new TypeError("binary values have no JSON form");
  const entries = Object.entries(value).filter(([, item]) => !["undefined", "function", "symbol"].includes(typeof item));
  header(out, entries.length, 128, 16, 222);
  for (const [key, item] of entries) {
    text(out, key);
    write(out, item);
  }
}
function text(out, value) {
  const bytes = utf82.encode(value);
  const { length } = bytes;
  if (length < 32) out.number(160 | length, 0);
  else if (length < 256) out.number(217, 1, (view, at) => view.setUint8(at, length));
  else header(out, length, 0, 0, 218);
  out.raw(bytes);
}
function number(out, value) {
  if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 63) return integer(out, BigInt(value));
  out.number(203, 8, (view, at) => view.setFloat64(at, value));
}
function integer(out, big) {
  const value = Number(big);
  if (value >= 0 ? value < 128 : value >= -32) return out.number(value & 255, 0);
  if (value >= 0) {
    if (value < 256) return out.number(204, 1, (view, at) => view.setUint8(at, value));
    if (value < 65536) return out.number(205, 2, (view, at) => view.setUint16(at, value));
    if (value < 2 ** 32) return out.number(206, 4, (view, at) => view.setUint32(at, value));
    if (big < 2n ** 64n) return out.number(207, 8, (view, at) => view.setBigUint64(at, big));
  } else {
    if (value >= -128) return out.number(208, 1, (view, at) => view.setInt8(at, value));
    if (value >= -32768) return out.number(209, 2, (view, at) => view.setInt16(at, value));
    if (value >= -(2 ** 31)) return out.number(210, 4, (view, at) => view.setInt32(at, value));
    if (big >= -(2n ** 63n)) return out.number(211, 8, (view, at) => view.setBigInt64(at, big));
  }
  out.number(203, 8, (view, at) => view.setFloat64(at, value));
}

// client/src/msgpack/index.ts
var msgpack = {
  protocol: "hubwire.v1.msgpack",
  encode,
  frame(parts) {
    if (parts.length === 1) return parts[0];
    const pieces = [arrayHeader(parts.length), ...parts];
    const frame = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      frame.set(piece, at);
      at += piece.length;
    }
    return frame;
  },
  decode: (data) => decode(new Uint8Array(data))
};
export {
  HubError,
  createHub,
  json,
  msgpack
};
