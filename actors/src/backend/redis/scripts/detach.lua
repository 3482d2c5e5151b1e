-- Takes a session out of the directory.
-- KEYS: sessions, watched, channel of those who watch. ARGV: session, user, PUBLISH or SPUBLISH.
local gone = redis.call('HDEL', KEYS[1], ARGV[1])
if gone == 1 then
  if EVENTS then disconnected(KEYS[1], ARGV[1], '') end
  stir(KEYS[2], KEYS[3], ARGV[2], ARGV[3])
end
return gone
