-- Appends a direct message to the streams of one user or of two, looks up their sessions, and on request publishes to
-- the nodes that own them. Returns a part (see part.lua) for each user. An id that was used for another content is known
-- in the first stream, so nothing was stored when the answer says so.
-- KEYS: for each user log, stem of idempotency keys, sessions; after a single user optionally the outbox, or the stem of
-- its shares and its devices; after two optionally, of the second, its organisations and its people if there are bounds,
-- and the stem of its shares and its devices: then the message is stored only if that user is within the bounds, and the
-- sender within its share.
-- ARGV: appending(), the receiver for the outbox entry or the bounds, share. To publish also: the first eight bytes of
-- the calling node's sessions, the prefix of the names of node channels, each user's stream.
local a = appending()

-- One message per node, even for one with sessions of both users. A dead node has no subscriber, and the calling node
-- notifies itself. A message that cannot be published is still in the log.
local function tell(fresh)
  local nodes, last, messages = {}, {}, {}
  for i = 1, #fresh do
    local place, sessions = fresh[i].place, fresh[i].sessions
    for k = 1, #sessions do
      local node = string.sub(sessions[k], 1, 8)
      local before = last[node]
      if node ~= ARGV[12] and before ~= i then
        if not before then nodes[#nodes + 1] = node end
        messages[node] = before and 'B ' .. string.sub(messages[node], 3) .. ' ' .. place or 'P ' .. place
        last[node] = i
      end
    end
  end
  for i = 1, #nodes do
    local node = nodes[i]
    local channel, message = ARGV[13] .. incarnation_of(node) .. '}:node', messages[node] .. '\n' .. a.envelope
    redis.pcall('PUBLISH', channel, message)
  end
end

-- Writes the server events for a message that is now in its receiver's stream.
local function tell_application(log, pos, sessions)
  -- Whether no session is on a live node.
  local function is_away()
    if #sessions == 0 then return true end
    local is_live = live_by(EVENTS.leases)
    for i = 1, #sessions do
      if is_live(sessions[i]) then return false end
    end
    return true
  end

  published(log, pos, a.envelope)
  if is_away() then
    local user = user_of(log)
    event(user, 'direct.stored', 'user', user, 'pos', pos, 'envelope', a.envelope)
  end
end

-- A bound of retention is one number, or two: for the sender's stream and for the receiver's.
local keeps_differ = string.find(ARGV[7], ' ', 1, true)
local function keep_of(nth)
  local function bound(text)
    local first, second = string.match(text, '^(%d+) ?(%d*)$')
    return nth == 2 and second ~= '' and second or first
  end
  a.count, a.age, a.bytes, a.age_ms = bound(ARGV[7]), bound(ARGV[8]), tonumber(bound(ARGV[9])), nil
end

local share, users, outbox = share_of(ARGV[11]), #KEYS >= 6 and 2 or 1, #KEYS == 4 and KEYS[4]
local shares = share and (#KEYS == 5 or #KEYS >= 8) and KEYS[#KEYS - 1]
if #KEYS == 10 and not is_within(KEYS[7], KEYS[8], ARGV[10]) then return {part('0-0', '0-0', 4, '', {})} end

-- nothing is written before everything is checked
local looked, refusal = {}, nil
for i = 1, users do
  local log, sessions = KEYS[3 * i - 2], redis.call('HKEYS', KEYS[3 * i])
  if keeps_differ then keep_of(i) end
  local found = look(log, KEYS[3 * i - 1], a)
  looked[i], found.sessions = found, sessions
  if found.stored == 3 then
    refusal = refusal or 3
  elseif i == 2 and shares and found.stored == 0 and not refusal then
    refusal = is_beyond(log, shares, KEYS[#KEYS], sessions, found, a, share) and 5
  end
end
if refusal then return {part('0-0', '0-0', refusal, '', {})} end

local parts, fresh = {}, {}
for i = 1, users do
  local log, found = KEYS[3 * i - 2], looked[i]
  local sessions, crowded = found.sessions, false
  if keeps_differ then keep_of(i) end
  local pos, prev, stored, ts = write(log, found, a, share and share.origin)
  if stored == 0 then
    if shares and i == users then crowded = count_share(log, shares, pos, found, a, share) end
    if outbox then redis.call('HSET', outbox, pos, a.time .. ' ' .. ARGV[10]) end
    if EVENTS and i == users then tell_application(log, pos, sessions) end
    if ARGV[12] then fresh[#fresh + 1] = {place = ARGV[13 + i] .. ' ' .. pos .. ' ' .. prev, sessions = sessions} end
  end
  parts[i] = part(pos, prev, stored, ts, sessions, crowded)
end
if ARGV[12] then tell(fresh) end
return parts
