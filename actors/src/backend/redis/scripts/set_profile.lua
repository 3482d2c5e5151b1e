-- Replaces a user's profile. Versions grow, even if the former profile has expired. Returns the value and the user's
-- sessions. KEYS: profile, sessions. ARGV: profile, ttl in ms.
local known = redis.call('GET', KEYS[1])
local version = math.max(now_ms(), known and tonumber(string.match(known, '^%d+')) + 1 or 0)
local value = number(version) .. ' ' .. ARGV[1]
redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
return {value, redis.call('HKEYS', KEYS[2])}
