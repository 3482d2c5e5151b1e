-- Lists incarnations: live ones, or with a grace given those that expired at least that long ago or are being reaped.
-- KEYS: leases, reaping. ARGV: grace in ms or nothing.
local now = now_ms()
if #ARGV == 0 then return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. number(now), '+inf') end
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(now - tonumber(ARGV[1])))
for _, incarnation in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do expired[#expired + 1] = incarnation end
return expired
