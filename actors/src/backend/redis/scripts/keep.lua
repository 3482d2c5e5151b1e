-- Adds a channel to those that every session of a user joins. Returns 1 if it is among them, 0 if there are already as
-- many others as allowed. KEYS: channels of the user. ARGV: the channel, the limit.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
return redis.call('SADD', KEYS[1], ARGV[1])
