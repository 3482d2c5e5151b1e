-- Appends to a topic stream and notifies its topic.
-- KEYS: log, stem of idempotency keys, topic. ARGV: appending(), stream, PUBLISH or SPUBLISH.
local a = appending()
local pos, prev, duplicate = append(KEYS[1], KEYS[2], a)
if duplicate == 0 then
  redis.call(ARGV[9], KEYS[3], 'P ' .. ARGV[8] .. ' ' .. pos .. ' ' .. prev .. '\n' .. a.envelope)
end
return {pos, prev, duplicate}
