-- Ends a lease now; what the incarnation left behind is for a reaper. KEYS: leases. ARGV: incarnation.
return redis.call('ZADD', KEYS[1], 'XX', number(now_ms()), ARGV[1])
