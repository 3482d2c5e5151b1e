-- Fences an incarnation, takes the lock for reaping it and lists part of its index; false when another node holds the
-- lock. KEYS: index, fence, reaper. ARGV: own incarnation, most fields, ttl of the fence in ms, ttl of the lock in ms.
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[4])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
return redis.call('HRANDFIELD', KEYS[1], ARGV[2], 'WITHVALUES')
