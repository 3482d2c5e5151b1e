-- Takes or extends a lease; 0 when the incarnation was reaped. Only the first call may enter.
-- KEYS: leases, reaping. ARGV: incarnation, ttl in ms, 1 to enter.
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], number(now_ms() + tonumber(ARGV[2])), ARGV[1])
return 1
