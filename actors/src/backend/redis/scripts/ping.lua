-- Proves that the broker accepts writes, by memory and by permissions. KEYS: ping. ARGV: own incarnation.
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
return 1
