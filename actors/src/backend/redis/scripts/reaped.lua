-- Removes routes that were reaped from an index; 1 when none is left. KEYS: index, reaper. ARGV: routes.
for i = 1, #ARGV do redis.call('SREM', KEYS[1], ARGV[i]) end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('DEL', KEYS[2])
return 1
