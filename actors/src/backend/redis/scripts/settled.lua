-- Forgets what was put off and is settled, unless it was put off anew. KEYS: leaving. ARGV: `<channel> <user>` and its
-- time by turns.
for i = 1, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 1
