-- Replaces a user's profile. Versions grow, even if the former profile has expired. Returns the value and the user's
-- sessions. KEYS: profile, sessions, watched, channel of the watching nodes.
-- ARGV: profile, ttl in ms, user, PUBLISH or SPUBLISH.
local known = redis.call('GET', KEYS[1])
local version = math.max(now_ms(), known and tonumber(string.match(known, '^%d+')) + 1 or 0)
local value = number(version) .. ' ' .. ARGV[1]
redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
if (known and string.match(known, '^%d+ (.*)$') or '') ~= ARGV[1] then stir(KEYS[3], KEYS[4], ARGV[3], ARGV[4]) end
return {value, redis.call('HKEYS', KEYS[2])}
