-- Appends a direct message to the streams of one user or of two, and looks up their sessions.
-- KEYS: for each user log, stem of idempotency keys, sessions; after a single user optionally the outbox.
-- ARGV: appending(), receiver to be written into the outbox.
local now = now_ms()
local a = appending()
local parts = {}
for i = 1, math.floor(#KEYS / 3) do
  local log, keys, sessions = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local pos, prev, duplicate = append(log, keys, now, a)
  if #KEYS == 4 and duplicate == 0 then redis.call('HSET', KEYS[4], pos, number(now) .. ' ' .. ARGV[7]) end
  parts[i] = {pos, prev, duplicate, redis.call('HKEYS', sessions)}
end
return parts
