-- Writes a route into an incarnation's index; 0 when the incarnation was reaped. KEYS: index, fence. ARGV: route.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
return 1
