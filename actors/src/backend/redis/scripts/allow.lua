-- Ends a denial early. Returns whether there was one. The early end is remembered until the original one: a node that
-- still knows the denial, and finds no trace of it, would consider it lost and restore it.
-- KEYS: denials, their ends, version. ARGV: subject.
local till = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
if till <= now_ms() then
  forget(ARGV[1])
  return 0
end
if redis.call('HGET', KEYS[1], ARGV[1]) == ENDED then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ENDED)
changed()
return 1
