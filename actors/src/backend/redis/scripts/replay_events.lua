-- Moves the oldest dead letters back into their logs. Returns how many. KEYS: dead letters. ARGV: most letters, prefix
-- of the names of logs.
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(entries) do
  local fields, partition = {}, '0'
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'partition' then
      partition = entry[2][i + 1]
    else
      fields[#fields + 1] = entry[2][i]
      fields[#fields + 1] = entry[2][i + 1]
    end
  end
  redis.call('XADD', ARGV[2] .. partition, '*', unpack(fields))
  redis.call('XDEL', KEYS[1], entry[1])
end
return #entries
