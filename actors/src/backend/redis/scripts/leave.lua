-- Removes a session from a channel; 1 when it was there and its user has no other live one there.
-- KEYS: members. ARGV: user, session, live incarnations.
local is_live = live_from(3)
local sessions = redis.call('HGET', KEYS[1], ARGV[1])
if not sessions then return 0 end
local last, there, kept = 1, 0, {}
for session in string.gmatch(sessions, '%S+') do
  if session == ARGV[2] then
    there = 1
  else
    kept[#kept + 1] = session
    if is_live(session) then last = 0 end
  end
end
if there == 0 then return 0 end
if #kept == 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], table.concat(kept, ' '))
end
return last
