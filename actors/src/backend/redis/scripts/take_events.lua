-- Takes or extends the hold on a log of events and reads its oldest; false when another node holds it.
-- KEYS: holder, log, lost. ARGV: incarnation, for how long in ms, most events, bytes.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local limit, bytes_max = tonumber(ARGV[3]), tonumber(ARGV[4])
local found, bytes, start = {}, 0, '-'
while #found < limit and bytes <= bytes_max do
  local entries = redis.call('XRANGE', KEYS[2], start, '+', 'COUNT', math.min(limit - #found, 16))
  for i = 1, #entries do
    if bytes > bytes_max then break end
    for _, text in ipairs(entries[i][2]) do bytes = bytes + #text end
    found[#found + 1] = entries[i]
  end
  if #entries == 0 then break end
  start = '(' .. entries[#entries][1]
end
return {redis.call('XLEN', KEYS[2]), redis.call('GET', KEYS[3]) or '0', found}
