-- Appends to a topic stream and notifies its topic. If the broker denies the notification, the publication is stored
-- nevertheless: nodes that follow the stream find it in the log.
-- KEYS: log, stem of idempotency keys, topic, nodes, near. ARGV: appending(), stream, calling node.
local a = appending()
local pos, prev, stored, ts = append(KEYS[1], KEYS[2], a)
if stored == 0 then
  if EVENTS then published(KEYS[1], pos, a.envelope) end
  local at = place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[10], ARGV[11])
  say(at, 'P ' .. ARGV[10] .. ' ' .. pos .. ' ' .. prev .. '\n' .. a.envelope)
end
return answer({pos, prev, stored, ts})
