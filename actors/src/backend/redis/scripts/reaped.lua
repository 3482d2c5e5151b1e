-- Removes reaped routes from an index; 1 when none is left. KEYS: index, reaper. ARGV: pairs of field and place.
for i = 1, #ARGV, 2 do take(KEYS[1], ARGV[i], ARGV[i + 1]) end
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('DEL', KEYS[2])
return 1
