-- Enters a session, if the policy allows it.
-- KEYS: sessions, log, watched, channel of the watching nodes, and the leases if they are on the same server.
-- ARGV: session, device, most sessions, 1 to close the oldest, user, PUBLISH or SPUBLISH, then see live.lua.
local session, max = ARGV[1], tonumber(ARGV[3])
local is_live = live_by(KEYS[5], 7, session)
-- a session that is in the directory already has passed the policy
local value = redis.call('HGET', KEYS[1], session)
local known = value and string.match(value, '^%d+')

-- The sessions that the policy closes for this one, the oldest first; false when it refuses this one. The full list is
-- read only if there are enough sessions.
local function excess()
  if max == 0 or known or redis.call('HLEN', KEYS[1]) < max then return {} end
  local entries = redis.call('HGETALL', KEYS[1])
  local others = {}
  for i = 1, #entries, 2 do
    if is_live(entries[i]) then
      others[#others + 1] = {id = entries[i], since = tonumber(string.match(entries[i + 1], '^%d+'))}
    end
  end
  local count = #others + 1 - max
  if count <= 0 then return {} end
  if ARGV[4] == '0' then return false end
  table.sort(others, function(a, b) return a.since < b.since or (a.since == b.since and a.id < b.id) end)
  local oldest = {}
  for i = 1, count do oldest[i] = others[i].id end
  return oldest
end

local replaced = excess()
if not replaced then return {} end
for _, id in ipairs(replaced) do redis.call('HDEL', KEYS[1], id) end
local device = ARGV[2] == '' and '' or ' ' .. ARGV[2]
redis.call('HSET', KEYS[1], session, (known or number(now_ms())) .. device)
if EVENTS then
  for _, id in ipairs(replaced) do disconnected(KEYS[1], id, 'replaced') end
  if not known then connected(KEYS[1], session, ARGV[2]) end
end
if not known then stir(KEYS[3], KEYS[4], ARGV[5], ARGV[6]) end
return {top_of(KEYS[2]) or '0-0', replaced}
