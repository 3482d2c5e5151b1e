-- Takes a session out of the directory, and notes when its user was there last where that is wanted.
-- KEYS: sessions, watched, channel of those who watch, last seen. ARGV: session, user, PUBLISH or SPUBLISH, for how long it is noted
-- when the user was there last (ms; 0: it is not).
local gone = redis.call('HDEL', KEYS[1], ARGV[1])
if gone == 1 then
  if EVENTS then disconnected(KEYS[1], ARGV[1], '') end
  if ARGV[4] ~= '0' and redis.call('EXISTS', KEYS[1]) == 0 then
    local time = redis.call('TIME')
    redis.call('SET', KEYS[4], time[1] .. string.format('%03d', math.floor(time[2] / 1000)), 'PX', ARGV[4])
  end
  stir(KEYS[2], KEYS[3], ARGV[2], ARGV[3])
end
return gone
