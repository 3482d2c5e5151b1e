-- Removes a session from the directory, and records when its user was last online if that is wanted. KEYS: sessions,
-- watched, channel of the watching nodes, last seen. ARGV: session, user, PUBLISH or SPUBLISH, for how long to keep the
-- time of the user's last session (ms; 0: it is not recorded).
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
