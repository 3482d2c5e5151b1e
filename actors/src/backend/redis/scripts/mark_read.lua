-- Records how far a user has read the messages of another one; a mark never moves back. If there are already as many
-- marks as allowed, the one with the oldest position is dropped. Returns 1 if it moved. KEYS: marks of the user. ARGV:
-- the other user, the position, most marks, how long to keep them.
local function seq(pos) return tonumber(string.match(pos, '^%d+')) end
local former = redis.call('HGET', KEYS[1], ARGV[1])
if former and seq(former) >= seq(ARGV[2]) then return 0 end
if not former and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  local marks, oldest = redis.call('HGETALL', KEYS[1]), 2
  for i = 4, #marks, 2 do
    if seq(marks[i]) < seq(marks[oldest]) then oldest = i end
  end
  redis.call('HDEL', KEYS[1], marks[oldest - 1])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
