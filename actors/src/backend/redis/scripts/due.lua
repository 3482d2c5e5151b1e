-- The delayed departures that are due, each with its time. KEYS: leaving. ARGV: limit.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(now_ms()), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
