-- Reads a log after a position.
-- KEYS: log. ARGV: position, most entries, most bytes.
local after, limit, bytes_max = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local top = top_of(KEYS[1])
if not top then return {after == '0-0' and 1 or 0, '0-0', {}, '0-0'} end
if after == top then return {1, top, {}, after} end
local start = '(' .. after
if after == '0-0' or #redis.call('XRANGE', KEYS[1], after, after) == 0 then
  -- nothing is missing after the position before the oldest entry, either
  local head = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  local oldest = head and prev_of(head[1], head[2][4]) or top
  if after ~= oldest then return {0, top, {}, oldest} end
  start = '-'
end
local found, bytes = {}, 0
while #found < limit do
  local wanted = math.min(16, limit - #found)
  local entries = redis.call('XRANGE', KEYS[1], start, '+', 'COUNT', wanted)
  for i = 1, #entries do
    bytes = bytes + #entries[i][2][2]
    if #found > 0 and bytes > bytes_max then return {1, top, found, after} end
    found[#found + 1] = entries[i]
  end
  if #entries < wanted then break end
  start = '(' .. entries[#entries][1]
end
return {1, top, found, after}
