-- Removes the events about a user from a part of a log of events or of the dead letters. KEYS: log. ARGV: user, start
-- of the part (as of `XRANGE`), most events to look at. Returns how many it removed, and the start of the next part,
-- which is empty at the end.
local entries = redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])
local stream, removed = 'user:' .. ARGV[1], 0
for _, entry in ipairs(entries) do
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'user' and fields[i + 1] == ARGV[1] or fields[i] == 'stream' and fields[i + 1] == stream then
      removed = removed + redis.call('XDEL', KEYS[1], entry[1])
      break
    end
  end
end
local last = #entries == tonumber(ARGV[3]) and entries[#entries][1]
return {removed, last and '(' .. last or ''}
