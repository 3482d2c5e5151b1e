-- Lists the denials that have not ended: version, then per subject: the subject, ms left, stored value. KEYS: denials,
-- their ends, version.
local now = now_ms()
local alive = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. number(now), '+inf', 'WITHSCORES')
local found = {}
for i = 1, #alive, 2 do
  found[#found + 1] = {alive[i], number(tonumber(alive[i + 1]) - now), redis.call('HGET', KEYS[1], alive[i]) or ''}
end
return {redis.call('GET', KEYS[3]) or '0', found}
