-- What is due of what was put off, each with its time. KEYS: leaving. ARGV: most of them.
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(now_ms()), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
