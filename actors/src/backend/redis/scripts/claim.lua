-- Claims an expired incarnation for good; from here on its lease cannot be renewed. 0: it is alive. 1: it may be
-- reaped. 2: it is unknown.
-- KEYS: leases, reaping. ARGV: incarnation.
local now = now_ms()
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if deadline then
  if tonumber(deadline) > now then return 0 end
  redis.call('ZADD', KEYS[2], number(now), ARGV[1])
  redis.call('ZREM', KEYS[1], ARGV[1])
  return 1
end
return redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 2
