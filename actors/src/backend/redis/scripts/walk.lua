-- Reads a log in one direction and stops with the entry that exceeds a number of bytes: the length of entries is known
-- only after reading them, and the caller must not receive more than it can use.
-- KEYS: log. ARGV: XREVRANGE or XRANGE, where to begin, where to end, most entries, bytes.
local limit, bytes_max = tonumber(ARGV[4]), tonumber(ARGV[5])
local found, bytes, start, step = {}, 0, ARGV[2], 2
while #found < limit do
  local wanted = math.min(step, limit - #found)
  local entries = redis.call(ARGV[1], KEYS[1], start, ARGV[3], 'COUNT', wanted)
  for i = 1, #entries do
    bytes = bytes + #entries[i][2][2]
    found[#found + 1] = entries[i]
    if bytes > bytes_max then return found end
  end
  if #entries < wanted then break end
  start = '(' .. entries[#entries][1]
  step = math.min(2 * step, 32)
end
return found
