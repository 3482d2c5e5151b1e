-- Denies. 0: there are too many others. 1: denied.
-- KEYS: denials, when they end, version. ARGV: subject, ttl in ms, what is kept of it, most denials, 1 to replace a known one.
local now = now_ms()
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', number(now))) do forget(expired) end
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
if known and ARGV[5] == '0' then return 1 end
if not known and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], number(now + tonumber(ARGV[2])), ARGV[1])
changed()
return 1
