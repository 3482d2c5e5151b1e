-- Takes or extends a lease. 0: the incarnation is being reaped. 1: extended. 2: taken. 3: unknown, and not to be
-- entered.
-- KEYS: leases, reaping, terms. ARGV: incarnation, ttl in ms, 1 to enter, version of the cluster protocol.
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known and ARGV[3] == '0' then return 3 end
redis.call('ZADD', KEYS[1], number(now_ms() + tonumber(ARGV[2])), ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[4] .. ' ' .. ARGV[2])
return known and 1 or 2
