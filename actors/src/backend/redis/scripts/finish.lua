-- Appends a direct message to the receiver's stream unless it is there already: its nonce is that of the sender's
-- position.
-- KEYS: log, stem of idempotency keys, sessions. ARGV: appending().
local a = appending()
local log = KEYS[1]
local before = '+'
while true do
  local entries = redis.call('XREVRANGE', log, before, '-', 'COUNT', 100)
  for i = 1, #entries do
    if nonce_of(entries[i][1]) == a.nonce then return {part(entries[i][1], '0-0', 1, '', {})} end
  end
  if #entries < 100 then break end
  before = '(' .. entries[100][1]
end
local pos, prev, stored, ts = append(log, KEYS[2], a)
return {part(pos, prev, stored, ts, redis.call('HKEYS', KEYS[3]))}
