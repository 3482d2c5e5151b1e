-- Removes the data of a user. The log stays as an empty one, so that its positions continue; it expires by itself.
-- KEYS: log, devices, organisations, outbox, profile, last seen, people, channels, read. ARGV: stem of cursors.
-- Returns the numbers of removed publications, devices and other entries.
local publications = redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
local cursors = 0
for _, device in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  cursors = cursors + redis.call('DEL', ARGV[1] .. device)
end
redis.call('DEL', KEYS[2])
return {publications, cursors, redis.call('DEL', unpack(KEYS, 3))}
