-- Schedules the announcement that users left. KEYS: leaving. ARGV: grace in ms, `<channel> <user>`s. The time is at
-- least a millisecond away, so that a node that handles what is due now cannot mistake it for the entry it read.
local due = number(now_ms() + math.max(1, tonumber(ARGV[1])))
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], due, ARGV[i]) end
return 1
