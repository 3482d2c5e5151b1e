-- Notes that it is to be told later that users left. KEYS: leaving. ARGV: grace in ms, `<channel> <user>`s.
-- At least a millisecond away: whoever looks after what is due now must not take it for what it saw.
local due = number(now_ms() + math.max(1, tonumber(ARGV[1])))
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], due, ARGV[i]) end
return 1
