-- Appends a direct message to the streams of one user or of two, looks up their sessions, and on request publishes to
-- the nodes that own them. Returns a part (see part.lua) for each user, one after the other. An id that was used for
-- different content is known in the first stream, so nothing was stored if the answer reports that.
-- KEYS: for each user log, stem of idempotency keys, sessions; after a single user optionally the outbox, or the stem
-- of its shares and its devices; after two optionally, of the second, its organisations, its people, the stem of its
-- shares and its devices: then the message is stored only if that user is within the bounds, and the sender within its
-- share.
-- ARGV: appending(), the receiver for the outbox entry or the bounds, share. To publish also: the first eight bytes of
-- the calling node's sessions, the prefix of the names of node channels, each user's stream.
local a = appending()

-- One message per node, even for one with sessions of both users. A dead node has no subscriber, and the calling node
-- notifies itself. A message that cannot be published is still in the log.
local function tell(fresh)
  local nodes, places = {}, {}
  for _, one in ipairs(fresh) do
    local named = {[ARGV[12]] = true}
    for i = 1, #one.sessions do
      local node = string.sub(one.sessions[i], 1, 8)
      if not named[node] then
        named[node] = true
        if not places[node] then
          nodes[#nodes + 1] = node
          places[node] = {}
        end
        table.insert(places[node], one.place)
      end
    end
  end
  for _, node in ipairs(nodes) do
    local kind = #places[node] == 2 and 'B ' or 'P '
    local message = kind .. table.concat(places[node], ' ') .. '\n' .. a.envelope
    redis.pcall('PUBLISH', ARGV[13] .. incarnation_of(node) .. '}:node', message)
  end
end

-- Whether no session is on a live node.
local function is_away(sessions)
  if #sessions == 0 then return true end
  local is_live = live_by(EVENTS.leases)
  for i = 1, #sessions do
    if is_live(sessions[i]) then return false end
  end
  return true
end

-- Writes the server events for a message that is now in its receiver's stream.
local function tell_application(log, pos, sessions)
  published(log, pos, a.envelope)
  if is_away(sessions) then
    local user = user_of(log)
    event(user, 'direct.stored', 'user', user, 'pos', pos, 'envelope', a.envelope)
  end
end

-- A bound of retention is one number, or two: for the sender's stream and for the receiver's.
local function bound(text, nth)
  local first, second = string.match(text, '^(%d+) ?(%d*)$')
  return nth == 2 and second ~= '' and second or first
end

local keeps_differ = string.find(ARGV[7], ' ', 1, true)
local function keep_of(nth)
  if keeps_differ then a.count, a.age, a.bytes = bound(ARGV[7], nth), bound(ARGV[8], nth), tonumber(bound(ARGV[9], nth)) end
end

local share, users, outbox = share_of(ARGV[11]), #KEYS >= 6 and 2 or 1, #KEYS == 4 and KEYS[4]
local shares = share and (#KEYS == 5 or #KEYS == 10) and KEYS[#KEYS - 1]
if #KEYS == 10 and ARGV[10] ~= '' and not is_within(KEYS[7], KEYS[8], ARGV[10]) then return part('0-0', '0-0', 4, '', {}) end

local function judge(log, sessions, found)
  if found.stored == 3 then return 3 end
  local is_judged = users == 2 and shares and found.stored == 0
  if is_judged and is_beyond(log, shares, KEYS[#KEYS], sessions, found, a, share) then return 5 end
end

-- nothing is written before everything is checked
local looked, refusal = {}, nil
for i = 1, users do
  local log, sessions = KEYS[3 * i - 2], redis.call('HKEYS', KEYS[3 * i])
  keep_of(i)
  looked[i] = {found = look(log, KEYS[3 * i - 1], a), sessions = sessions}
  refusal = refusal or (i == users or looked[i].found.stored == 3) and judge(log, sessions, looked[i].found)
end
if refusal then return part('0-0', '0-0', refusal, '', {}) end

local parts, fresh = {}, {}
for i = 1, users do
  local log, found, sessions = KEYS[3 * i - 2], looked[i].found, looked[i].sessions
  keep_of(i)
  local pos, prev, stored, ts = write(log, found, a, share and share.origin)
  local crowded = false
  if stored == 0 then
    if shares and i == users then crowded = count_share(log, shares, pos, found, a, share) end
    if outbox then redis.call('HSET', outbox, pos, a.time .. ' ' .. ARGV[10]) end
    if EVENTS and i == users then tell_application(log, pos, sessions) end
    if ARGV[12] then fresh[#fresh + 1] = {place = ARGV[13 + i] .. ' ' .. pos .. ' ' .. prev, sessions = sessions} end
  end
  parts[i] = part(pos, prev, stored, ts, sessions, crowded)
end
if ARGV[12] then tell(fresh) end
return table.concat(parts)
