-- Appends to a topic stream and notifies its topic. A broker that denies the notification has stored the publication all the
-- same: whoever follows the stream finds it in the log.
-- KEYS: log, stem of idempotency keys, topic. ARGV: appending(), stream, PUBLISH or SPUBLISH.
local a = appending()
local pos, prev, stored, ts = append(KEYS[1], KEYS[2], a)
if stored == 0 then
  if EVENTS then published(KEYS[1], pos, a.envelope) end
  redis.pcall(ARGV[11], KEYS[3], 'P ' .. ARGV[10] .. ' ' .. pos .. ' ' .. prev .. '\n' .. a.envelope)
end
return {pos, prev, stored, ts}
