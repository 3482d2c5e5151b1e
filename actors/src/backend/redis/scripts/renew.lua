-- Takes or extends a lease: 0 when the incarnation was reaped, 1 when it goes on, 2 when it was entered. 3 when it is not
-- there and may not be entered: reaped long ago, or lost with the broker's data.
-- KEYS: leases, reaping. ARGV: incarnation, ttl in ms, 1 to enter.
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[3] == '0' and not held then return 3 end
redis.call('ZADD', KEYS[1], number(now_ms() + tonumber(ARGV[2])), ARGV[1])
return held and 1 or 2
