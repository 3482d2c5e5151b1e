-- Removes what is kept of a user. The log stays as an empty one, so that its positions go on; it expires by itself.
-- KEYS: log, devices, organisations, outbox, profile, last seen, people, channels, read. ARGV: stem of cursors.
-- Returns how many publications, devices and other things went.
local publications = redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
local cursors = 0
for _, device in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  cursors = cursors + redis.call('DEL', ARGV[1] .. device)
end
redis.call('DEL', KEYS[2])
return {publications, cursors, redis.call('DEL', unpack(KEYS, 3))}
