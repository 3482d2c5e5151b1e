-- Ends a lease now; a reaper removes the incarnation's entries. KEYS: leases. ARGV: incarnation.
return redis.call('ZADD', KEYS[1], 'XX', number(now_ms()), ARGV[1])
