-- The start of every script that appends. Positions are strings throughout: a Lua number has 53 bits, which may not be
-- enough for the nonce of a position.
-- The broker takes longer to interpret the script of an append than to append. Expensive are reading an entry, numbers
-- made of texts, texts made of numbers (most of all with `..`), patterns, and functions, which every call defines anew:
-- what is seldom used is therefore within another function.

-- The broker's clock in Unix milliseconds, as text.
local function now_text()
  local time = redis.call('TIME')
  return time[1] .. string.sub('00000' .. time[2], -6, -4)
end

local function now_ms()
  return tonumber(now_text())
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

-- The top of a log, when it was appended, and the bytes of all that was ever appended up to it (nil if an older version
-- wrote it), as texts. A log that retention has emptied has a top, too, which no entry shows. The last entry is read
-- first, because XINFO takes four times as long.
local function top_of(log)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  if last then return last[1], last[2][6], last[2][8] end
  local info = redis.pcall('XINFO', 'STREAM', log)
  if info.err then
    if string.find(info.err, 'no such key', 1, true) then return nil, nil end
    error(info.err)
  end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1], nil end
  end
end

-- Trims a log by age, if `by_age`, and by bytes, if it just went beyond another sixteenth of those that are retained.
-- seqs are consecutive.
local function trim(log, a, total, by_age, by_bytes)
  local function head()
    return redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  end

  -- Removes what is older than `age`, from the head on and at most 128 entries at a time.
  local function trim_age(oldest_ms)
    local first = head()
    if not first or tonumber(first[2][6]) > oldest_ms then return end
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

  -- Removes what does not fit into the last `bytes` bytes. A binary search finds the place.
  local function trim_bytes(bytes)
    local low, high = seq_of(head()[1]), seq_of(redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1][1])
    -- the newest entry is kept whatever its size
    while low < high do
      local middle = math.floor((low + high) / 2)
      local entry = redis.call('XRANGE', log, number(middle), '+', 'COUNT', 1)[1]
      if tonumber(entry[2][8] or 0) - #entry[2][2] < total - bytes then low = middle + 1 else high = middle end
    end
    redis.call('XTRIM', log, 'MINID', number(low))
  end

  if by_age then trim_age(a.now - a.age_ms) end
  if by_bytes then trim_bytes(a.bytes) end
end

-- What an idempotency key says of an append, or nil; see `look`. A key's content: a position, the time of acceptance,
-- and a digest of the content. An older version stored only the position.
local function known(log, keys, current, generation, a)
  local value = redis.call('HGET', current, a.key) or redis.call('HGET', keys .. ':' .. number(generation - 1), a.key)
  if not value then return nil end
  local pos, ts, digest = string.match(value, '^(%S+) ?(%d*) ?(%x*)$')
  -- a nonce of this call: it was stored, and is repeated because its answer was lost
  local own = string.find(' ' .. a.nonces .. ' ', ' ' .. nonce_of(pos) .. ' ', 1, true)
  local entry = own and redis.call('XRANGE', log, pos, pos)[1]
  if entry then return {pos = pos, prev = prev_of(pos, entry[2][4]), stored = 2, ts = ''} end
  local is_other = digest ~= '' and a.digest ~= '' and digest ~= a.digest
  return {pos = pos, prev = '0-0', stored = is_other and 3 or 1, ts = ts}
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
    local found = known(log, keys, current, generation, a)
    if found then return found end
  end
  local top, top_time, before = top_of(log)
  return {stored = 0, key = current, top = top, top_time = top_time, before = tonumber(before or 0)}
end

-- Appends what `look` did not find. Returns position, the position before, `stored` and `ts` like `look`. `origin` is
-- the sender of a direct message (share.lua).
local function write(log, found, a, origin)
  if found.stored ~= 0 then return found.pos, found.prev, found.stored, found.ts end
  if not a.age_ms then
    a.age_ms = tonumber(a.age)
    a.ttl = a.age_ms + math.floor(a.age_ms / 32)
    a.rested = number(a.now - math.floor(a.age_ms / 1024))
  end
  local top, top_time, before, bytes, trims = found.top, found.top_time, found.before, a.bytes, false
  local total, pos, prev_nonce = before + #a.envelope, nil, '-1'
  if top then
    local seq, nonce = string.match(top, '^(%d+)-(%d+)$')
    seq = tonumber(seq)
    pos, prev_nonce = number(seq + 1) .. '-' .. a.nonce, nonce
    -- the head is checked often enough that it is trimmed faster than the log grows; times have as many digits
    trims = top_time and (seq % 16 == 0 or top_time < a.rested)
  else
    pos = a.time .. '-' .. a.nonce
  end
  -- a log of less than 100 is trimmed to its very count: whole nodes of a stream would keep a multiple of it
  local sign, sum = #a.count < 3 and '=' or '~', number(total)
  local add, envelope = redis.call, a.envelope
  if origin then
    add('XADD', log, 'MAXLEN', sign, a.count, pos, 'e', envelope, 'p', prev_nonce, 't', a.time, 'b', sum, 's', origin)
  else
    add('XADD', log, 'MAXLEN', sign, a.count, pos, 'e', envelope, 'p', prev_nonce, 't', a.time, 'b', sum)
  end
  local is_over = total > bytes and math.floor(total * 16 / bytes) > math.floor(before * 16 / bytes)
  if trims or is_over then trim(log, a, total, trims, is_over) end
  -- kept until nothing in it is younger than `age`; asking for the time to live costs half of renewing it
  local ttl = redis.call('PTTL', log)
  if ttl < a.age_ms or ttl > a.ttl then redis.call('PEXPIRE', log, number(a.ttl)) end
  if found.key then
    redis.call('HSET', found.key, a.key, a.digest == '' and pos or pos .. ' ' .. a.ts .. ' ' .. a.digest)
    -- a generation is looked at until the next one ends
    if redis.call('HLEN', found.key) == 1 then redis.call('PEXPIRE', found.key, number(2 * a.window)) end
  end
  return pos, top or '0-0', 0, ''
end

local function append(log, keys, a)
  return write(log, look(log, keys, a), a)
end

-- The append in the first nine arguments. The nonces are those of the call's attempts, this one's first.
local function appending()
  local time, nonces = now_text(), ARGV[2]
  local nonce = string.find(nonces, ' ', 1, true) and string.match(nonces, '^%d+') or nonces
  return {
    now = tonumber(time), time = time, envelope = ARGV[1], nonce = nonce, nonces = nonces,
    key = ARGV[3], window = ARGV[4], ts = ARGV[5], digest = ARGV[6], count = ARGV[7], age = ARGV[8],
    bytes = tonumber(ARGV[9]),
  }
end
