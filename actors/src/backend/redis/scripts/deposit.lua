-- Adds to an account, a leaky bucket, and returns its new level.
-- KEYS: account. ARGV: bytes, leak in bytes per second, ttl in ms.
local now = now_ms()
local level, at = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
local left = math.max(0, tonumber(level) - (now - tonumber(at)) / 1000 * tonumber(ARGV[2]))
left = math.floor(left + tonumber(ARGV[1]))
redis.call('SET', KEYS[1], number(left) .. ' ' .. number(now), 'PX', ARGV[3])
return left
