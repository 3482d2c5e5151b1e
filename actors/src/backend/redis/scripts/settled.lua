-- Removes settled departures, unless they were scheduled anew. KEYS: leaving. ARGV: pairs of `<channel> <user>` and its
-- time.
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 1
