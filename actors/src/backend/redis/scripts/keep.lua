-- Keeps a channel among those that every session of a user joins. Returns whether it is among them: 0 where there are
-- as many others as there may be. KEYS: channels of the user. ARGV: the channel, how many there may be.
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
return redis.call('SADD', KEYS[1], ARGV[1])
