-- Takes a session out of the directory. KEYS: sessions. ARGV: session.
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if EVENTS then disconnected(KEYS[1], ARGV[1], '') end
return 1
