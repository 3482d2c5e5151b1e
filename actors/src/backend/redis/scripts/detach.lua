-- Removes a session; 1 when no live one is left. KEYS: sessions. ARGV: session, live incarnations.
local is_live = live_from(2)
redis.call('HDEL', KEYS[1], ARGV[1])
return any_live(KEYS[1], is_live, '') and 0 or 1
