-- Removes events up to a place, on request into the dead letters. 0 when another node holds the log. KEYS: holder, log,
-- dead letters. ARGV: incarnation, place; for dead letters also the partition and most dead letters.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', ARGV[2])) do
    local fields, has_id = entry[2], false
    for i = 1, #fields, 2 do
      if fields[i] == 'id' then has_id = true end
    end
    if not has_id then
      fields[#fields + 1] = 'id'
      fields[#fields + 1] = ARGV[3] .. '-' .. entry[1]
    end
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'partition', ARGV[3], unpack(fields))
  end
end
local ms, number = string.match(ARGV[2], '^(%d+)-(%d+)$')
redis.call('XTRIM', KEYS[2], 'MINID', ms .. '-' .. string.format('%d', number + 1))
return 1
