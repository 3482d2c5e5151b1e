-- Appends a direct message to the streams of one user or of two, looks up their sessions, and publishes to the nodes
-- that own them where that is asked for. Answers a part (see part.lua) for each user, one after the other. An id that
-- was used for something else is known in the first stream, so nothing was stored when the answer says so.
-- KEYS: for each user log, stem of idempotency keys, sessions; after a single user optionally the outbox, after two
-- optionally the organisations and the people of the second: the message is stored only if that one is within the
-- bounds.
-- ARGV: appending(), receiver to be written into the outbox or the bounds. To publish also: the first eight bytes of
-- sessions of the node that asks, what the names of node channels begin with, each user's stream.
local a = appending()

-- One message for each node, also for one with sessions of both users. A node that is dead has no subscriber, and the
-- one that asks tells itself. What cannot be published is in the log.
local function tell(fresh)
  local nodes, places = {}, {}
  for _, one in ipairs(fresh) do
    local named = {[ARGV[11]] = true}
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
    redis.pcall('PUBLISH', ARGV[12] .. incarnation_of(node) .. '}:node', message)
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

-- What the application hears of a message that its receiver has now.
local function tell_application(log, pos, sessions)
  published(log, pos, a.envelope)
  if is_away(sessions) then
    local user = user_of(log)
    event(user, 'direct.stored', 'user', user, 'pos', pos, 'envelope', a.envelope)
  end
end

-- A bound of retention is one number, or two: the one of the sender's stream and that of the receiver's.
local function bound(text, nth)
  local first, second = string.match(text, '^(%d+) ?(%d*)$')
  return nth == 2 and second ~= '' and second or first
end

local keeps_differ = string.find(ARGV[7], ' ', 1, true)
local parts, fresh, users = {}, {}, math.floor(#KEYS / 3)
if #KEYS == 8 and not is_within(KEYS[7], KEYS[8], ARGV[10]) then return part('0-0', '0-0', 4, '', {}) end
for i = 1, users do
  local log, keys, sessions = KEYS[3 * i - 2], KEYS[3 * i - 1], redis.call('HKEYS', KEYS[3 * i])
  if keeps_differ then a.count, a.age, a.bytes = bound(ARGV[7], i), bound(ARGV[8], i), tonumber(bound(ARGV[9], i)) end
  local pos, prev, stored, ts = append(log, keys, a)
  if stored == 3 then return part(pos, prev, stored, ts, {}) end
  if stored == 0 then
    if #KEYS == 4 then redis.call('HSET', KEYS[4], pos, a.time .. ' ' .. ARGV[10]) end
    if EVENTS and i == users then tell_application(log, pos, sessions) end
    if ARGV[11] then fresh[#fresh + 1] = {place = ARGV[12 + i] .. ' ' .. pos .. ' ' .. prev, sessions = sessions} end
  end
  parts[i] = part(pos, prev, stored, ts, sessions)
end
if ARGV[11] then tell(fresh) end
return table.concat(parts)
