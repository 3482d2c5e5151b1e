-- Enters a session into a channel; 1 when its user has no other live one there.
-- KEYS: members. ARGV: user, session, live incarnations.
local is_live = live_from(3)
local sessions = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local first, kept = 1, {ARGV[2]}
for session in string.gmatch(sessions, '%S+') do
  if session ~= ARGV[2] then
    kept[#kept + 1] = session
    if is_live(session) then first = 0 end
  end
end
redis.call('HSET', KEYS[1], ARGV[1], table.concat(kept, ' '))
return first
