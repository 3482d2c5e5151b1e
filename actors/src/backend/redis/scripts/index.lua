-- Writes a route into an incarnation's index; 0 when the incarnation was reaped. KEYS: index, fence. ARGV: field, place.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
put(KEYS[1], ARGV[1], ARGV[2])
return 1
