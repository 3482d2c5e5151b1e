-- Carries out one act of a user on its relation to another one. Returns the relation before and after, a digit each;
-- instead of the latter an `x` if the act is refused, an `f` if the user has no room for one more. KEYS: people of the
-- user. ARGV: the other user, the transition of each relation, most people.
local former = redis.call('HGET', KEYS[1], ARGV[1]) or '0'
local latter = string.sub(ARGV[2], tonumber(former) + 1, tonumber(former) + 1)
if latter == former or latter == 'x' then return former .. latter end
if latter == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
elseif former == '0' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return former .. 'f'
else
  redis.call('HSET', KEYS[1], ARGV[1], latter)
end
return former .. latter
