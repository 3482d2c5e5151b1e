-- Adds to an account, a leaky bucket, and returns its new level.
-- KEYS: account. ARGV: bytes or actions, leak of them per second, ttl in ms.
-- The level is a whole number, and the time stored with it is the one up to which it has leaked: the rest of a unit
-- leaks with a later call. Rounded down at each call, the level would never rise by calls in quick succession.
local now, rate = now_ms(), tonumber(ARGV[2])
local level, at = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
level, at = tonumber(level), tonumber(at)
local leaked = math.floor(math.max(0, now - at) / 1000 * rate)
if leaked >= level then
    level, at = 0, now
elseif leaked > 0 then
    level, at = level - leaked, math.min(now, at + math.ceil(leaked * 1000 / rate))
end
level = level + math.floor(tonumber(ARGV[1]))
redis.call('SET', KEYS[1], number(level) .. ' ' .. number(at), 'PX', ARGV[3])
return level
