-- Moves cursors forward. KEYS: cursors, devices. ARGV: ttl in ms, most cursors, device, most devices, then pairs of
-- stream and position.
local max = tonumber(ARGV[2])
for i = 5, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or seq_of(ARGV[i + 1]) >= seq_of(known) then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local excess = redis.call('HLEN', KEYS[1]) - max
if excess > 0 then
  local entries = redis.call('HGETALL', KEYS[1])
  local cursors = {}
  for i = 1, #entries, 2 do cursors[#cursors + 1] = {stream = entries[i], seq = seq_of(entries[i + 1])} end
  table.sort(cursors, function(a, b) return a.seq < b.seq end)
  for i = 1, excess do redis.call('HDEL', KEYS[1], cursors[i].stream) end
end
-- a device whose cursors have expired does not count
local now = now_ms()
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', number(now - tonumber(ARGV[1])))
redis.call('ZADD', KEYS[2], number(now), ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
excess = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if excess > 0 then
  local stem = string.sub(KEYS[1], 1, -#ARGV[3] - 1)
  for _, device in ipairs(redis.call('ZRANGE', KEYS[2], 0, excess - 1)) do
    if device ~= ARGV[3] then
      redis.call('DEL', stem .. device)
      redis.call('ZREM', KEYS[2], device)
    end
  end
end
return 1
