-- Removes a session; 1 when no live one is left. KEYS: sessions. ARGV: session, live incarnations.
local is_live = live_from(2)
redis.call('HDEL', KEYS[1], ARGV[1])
for _, session in ipairs(redis.call('HKEYS', KEYS[1])) do
  if is_live(session) then return 0 end
end
return 1
