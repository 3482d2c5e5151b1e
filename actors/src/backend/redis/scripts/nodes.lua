-- Lists incarnations: live ones, after the version of the denylist, with their terms; or live ones, each with the ms
-- left of its lease; or with a grace those that expired at least that long ago or are being reaped.
-- KEYS: leases, reaping, and for live ones the version of the denylist and the terms. ARGV: 'left', grace in ms or nothing.
local now = now_ms()
if #ARGV == 0 then
  local live = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. number(now), '+inf')
  local terms = #live > 0 and redis.call('HMGET', KEYS[4], unpack(live)) or {}
  return {redis.call('GET', KEYS[3]) or '0', live, terms}
end
if ARGV[1] == 'left' then
  local left = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. number(now), '+inf', 'WITHSCORES')
  for i = 2, #left, 2 do left[i] = tonumber(left[i]) - now end
  return left
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(now - tonumber(ARGV[1])))
for _, incarnation in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do expired[#expired + 1] = incarnation end
return expired
