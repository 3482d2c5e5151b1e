-- Moves cursors forward. KEYS: cursors. ARGV: ttl in ms, most cursors, then stream and position by turns.
local max = tonumber(ARGV[2])
for i = 3, #ARGV, 2 do
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
return 1
