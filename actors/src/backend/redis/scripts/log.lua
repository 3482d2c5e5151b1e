-- The start of every script that appends. Positions are strings throughout: a Lua number has 53 bits, which may not be
-- enough for the nonce of a position.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- `..` and tostring would round numbers with more than 14 digits.
local function number(value)
  return string.format('%d', value)
end

local function seq_of(pos)
  return tonumber(string.match(pos, '^%d+'))
end

local function nonce_of(pos)
  return string.match(pos, '%d+$')
end

-- The position before a publication, by its position and its field `p`.
local function prev_of(pos, nonce)
  if nonce == '-1' then return '0-0' end
  return number(seq_of(pos) - 1) .. '-' .. nonce
end

-- The top of a log, when it was appended, and the bytes of all that was ever appended up to it (0 if an older version
-- wrote it). A log that retention has emptied has a top, too, which no entry shows. The last entry is read first,
-- because XINFO takes four times as long.
local function top_of(log)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  if last then return last[1], tonumber(last[2][6]), tonumber(last[2][8] or 0) end
  local info = redis.pcall('XINFO', 'STREAM', log)
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then return nil, nil end
    error(info.err)
  end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1], nil end
  end
end

-- Removes what is older than `age`, from the head on and at most 128 entries at a time. seqs are consecutive.
local function trim_age(log, oldest_ms)
  local head = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if not head or tonumber(head[2][6]) > oldest_ms then return end
  for _ = 1, 4 do
    local entries = redis.call('XRANGE', log, '-', '+', 'COUNT', 32)
    local last
    for i = 1, #entries do
      if tonumber(entries[i][2][6]) > oldest_ms then break end
      last = entries[i][1]
    end
    if not last then return end
    redis.call('XTRIM', log, 'MINID', number(seq_of(last) + 1))
  end
end

-- Removes what does not fit into the last `bytes` bytes of a log. seqs are consecutive, so a binary search finds the
-- place.
local function trim_bytes(log, total, bytes)
  local head = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local low, high = seq_of(head[1]), seq_of(redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1][1])
  -- the newest entry is kept whatever its size
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', log, number(middle), '+', 'COUNT', 1)[1]
    if tonumber(entry[2][8] or 0) - #entry[2][2] < total - bytes then low = middle + 1 else high = middle end
  end
  redis.call('XTRIM', log, 'MINID', number(low))
end

-- The content of an idempotency key: a position, the time of acceptance, and a digest of the content. An older version
-- stored only the position.
local function remembered(value)
  return string.match(value, '^(%S+) ?(%d*) ?(%x*)$')
end

-- Looks up what is known of an append before anything is written. `keys` is the stem of two generations of idempotency
-- keys: a key costs one hash field and no timer. If the key is known, `stored` is 1 for a duplicate, 2 if this very
-- call appended before, 3 if the key was used for different content; for a duplicate also the time of the first call.
-- Otherwise `stored` is 0, and the result has the top of the log.
local function look(log, keys, a)
  local current
  if a.key ~= '' then
    local generation = math.floor(a.now / a.window)
    current = keys .. ':' .. number(generation)
    local known = redis.call('HGET', current, a.key) or redis.call('HGET', keys .. ':' .. number(generation - 1), a.key)
    if known then
      local pos, ts, digest = remembered(known)
      -- a nonce of this call: it was stored, and is repeated because its answer was lost
      local own = string.find(' ' .. a.nonces .. ' ', ' ' .. nonce_of(pos) .. ' ', 1, true)
      local entry = own and redis.call('XRANGE', log, pos, pos)[1]
      if entry then return {pos = pos, prev = prev_of(pos, entry[2][4]), stored = 2, ts = ''} end
      local is_other = digest ~= '' and a.digest ~= '' and digest ~= a.digest
      return {pos = pos, prev = '0-0', stored = is_other and 3 or 1, ts = ts}
    end
  end
  local top, top_ms, before = top_of(log)
  return {stored = 0, key = current, top = top, top_ms = top_ms, before = before or 0}
end

-- Appends what `look` did not find. Returns position, the position before, `stored` and `ts` like `look`. `origin` is
-- the sender of a direct message (share.lua).
local function write(log, found, a, origin)
  if found.stored ~= 0 then return found.pos, found.prev, found.stored, found.ts end
  local top, top_ms = found.top, found.top_ms
  local total = found.before + #a.envelope
  local pos, prev_nonce, trims
  if top then
    local seq, nonce = string.match(top, '^(%d+)-(%d+)$')
    pos, prev_nonce = string.format('%d-%s', seq + 1, a.nonce), nonce
    -- the head is checked often enough that it is trimmed faster than the log grows
    trims = top_ms and (seq % 16 == 0 or a.now - top_ms > a.age / 1024)
  else
    pos, prev_nonce = a.time .. '-' .. a.nonce, '-1'
  end
  -- a short log is trimmed to its very count: whole nodes of a stream would keep a multiple of it
  local trimming = tonumber(a.count) < 100 and '=' or '~'
  local entry = {'MAXLEN', trimming, a.count, pos, 'e', a.envelope, 'p', prev_nonce, 't', a.time, 'b', number(total)}
  if origin then
    entry[#entry + 1] = 's'
    entry[#entry + 1] = origin
  end
  redis.call('XADD', log, unpack(entry))
  if trims then trim_age(log, a.now - a.age) end
  -- checked once per sixteenth of the retained entries
  local step = a.bytes / 16
  if total > a.bytes and math.floor(total / step) > math.floor(found.before / step) then
    trim_bytes(log, total, a.bytes)
  end
  redis.call('PEXPIRE', log, a.age)
  if found.key then
    redis.call('HSET', found.key, a.key, a.digest == '' and pos or pos .. ' ' .. a.ts .. ' ' .. a.digest)
    redis.call('PEXPIRE', found.key, number(2 * a.window))
  end
  return pos, top or '0-0', 0, ''
end

local function append(log, keys, a)
  return write(log, look(log, keys, a), a)
end

-- The append in the first nine arguments. The nonces are those of the call's attempts, this one's first.
local function appending()
  local now = now_ms()
  return {
    now = now, time = number(now), envelope = ARGV[1], nonce = string.match(ARGV[2], '^%d+'), nonces = ARGV[2],
    key = ARGV[3], window = ARGV[4], ts = ARGV[5], digest = ARGV[6], count = ARGV[7], age = ARGV[8],
    bytes = tonumber(ARGV[9]),
  }
end
