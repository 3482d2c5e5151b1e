-- Enters a session, by the policy.
-- KEYS: sessions, log, and where the same server has them the leases: who lives is then known better than the caller does.
-- ARGV: session, device, most sessions, 1 to close the oldest, live incarnations.
local session, max = ARGV[1], tonumber(ARGV[3])
local is_live = live_from(5)
if KEYS[3] then
  local live = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. number(now_ms()), '+inf')
  live[#live + 1] = incarnation_of(session)
  is_live = live_among(live)
end
local entries = redis.call('HGETALL', KEYS[1])
local others, known = {}, false
for i = 1, #entries, 2 do
  if entries[i] == session then
    known = string.match(entries[i + 1], '^%d+')
  elseif is_live(entries[i]) then
    others[#others + 1] = {id = entries[i], since = tonumber(string.match(entries[i + 1], '^%d+'))}
  end
end
-- a session that is in the directory already has passed the policy
local excess = (max > 0 and not known) and math.max(0, #others + 1 - max) or 0
if excess > 0 and ARGV[4] == '0' then return {} end
table.sort(others, function(a, b) return a.since < b.since or (a.since == b.since and a.id < b.id) end)
local replaced = {}
for i = 1, excess do
  replaced[i] = others[i].id
  redis.call('HDEL', KEYS[1], others[i].id)
end
local device = ARGV[2] == '' and '' or ' ' .. ARGV[2]
redis.call('HSET', KEYS[1], session, (known or number(now_ms())) .. device)
return {top_of(KEYS[2]) or '0-0', replaced}
