-- The direct messages whose second append has been pending for too long. KEYS: outbox, log. ARGV: age in ms from which
-- they count as abandoned.
local oldest = now_ms() - tonumber(ARGV[1])
local marks = redis.call('HGETALL', KEYS[1])
local pending = {}
for i = 1, #marks, 2 do
  local ms, receiver = string.match(marks[i + 1], '^(%d+) (.+)$')
  if tonumber(ms) <= oldest then
    local entry = redis.call('XRANGE', KEYS[2], marks[i], marks[i])[1]
    pending[#pending + 1] = {marks[i], receiver, entry and entry[2][2] or false}
  end
end
return pending
