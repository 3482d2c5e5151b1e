-- Ends a denial. Returns whether there was one. That it was ended is kept until it would have ended by itself: a node that still
-- knows it, and finds nothing of it, would take it for lost and give it back.
-- KEYS: denials, when they end, version. ARGV: subject.
local till = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
if till <= now_ms() then
  forget(ARGV[1])
  return 0
end
if redis.call('HGET', KEYS[1], ARGV[1]) == ENDED then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ENDED)
changed()
return 1
