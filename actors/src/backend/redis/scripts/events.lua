-- The start of every script that writes server events, if they are on; otherwise there is only `EVENTS`, which is
-- false. The node generates `EVENTS`, because its settings do not change while it runs: logs (prefix of their names),
-- partitions, lost (the counter of lost events), leases, waiting_max, subjects, marked (patterns of streams). Events
-- are on only if one server has all keys, so the script may compose names of keys.

-- The same as `partition_of` of the node.
local function events_log(about)
  local sum = 0
  for i = 1, #about do sum = (sum * 31 + string.byte(about, i)) % 65521 end
  return EVENTS.logs .. string.format('%d', sum % EVENTS.partitions)
end

local function event(about, kind, ...)
  if not EVENTS.subjects[string.match(kind, '^%a+')] then return end
  local log = events_log(about)
  redis.call('XADD', log, '*', 'type', kind, ...)
  local lost = redis.call('XTRIM', log, 'MAXLEN', '~', EVENTS.waiting_max)
  if lost > 0 then redis.call('INCRBY', EVENTS.lost, lost) end
end

-- The text within the braces of a key's name: `u:<user>` or the address of a stream.
local function tag_of(key)
  return string.match(key, '{(.*)}:%a+$')
end

local function user_of(key)
  return string.match(tag_of(key), '^u:(.*)$')
end

-- The 16 bytes of a session as text.
local function session_text(session)
  local hex = string.gsub(session, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  return string.gsub(hex, '^(........)(....)(....)(....)(............)$', '%1-%2-%3-%4-%5')
end

local function connected(sessions, session, device)
  local user, id = user_of(sessions), session_text(session)
  event(user, 'session.connected', 'user', user, 'session', id, 'device', device)
end

local function disconnected(sessions, session, reason)
  local user, id = user_of(sessions), session_text(session)
  event(user, 'session.disconnected', 'user', user, 'session', id, 'reason', reason)
end

local function occupancy(members, kind)
  local channel = tag_of(members)
  event(channel, kind, 'channel', channel)
end

local function member_event(members, user, kind)
  event(user, kind, 'user', user, 'channel', tag_of(members))
end

-- Writes an event for a publication at a marked address.
local function published(log, pos, envelope)
  local tag = tag_of(log)
  local user = string.match(tag, '^u:(.*)$')
  local stream = user and 'user:' .. user or tag
  for i = 1, #EVENTS.marked do
    if string.find(stream, EVENTS.marked[i]) then
      return event(user or stream, 'publication', 'stream', stream, 'pos', pos, 'envelope', envelope)
    end
  end
end
