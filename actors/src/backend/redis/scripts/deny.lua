-- Adds a denial. 0: there are too many others. 1: denied.
-- KEYS: denials, their ends, version.
-- ARGV: subject, ttl in ms, stored value, most denials, 1 to replace a known one, 1 if it can only be extended: of a
-- known one the later date and the later end are kept.
local now = now_ms()
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', number(now))) do forget(expired) end
local till, kept = now + tonumber(ARGV[2]), ARGV[3]
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
if known and ARGV[5] == '0' then return 1 end
if not known and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then return 0 end
local former = known and redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[6] == '1' and former and former ~= ENDED then
  local date, reason = string.match(kept, '^(%d+)(.*)$')
  local later = math.max(tonumber(date), tonumber(string.match(former, '^%d+')))
  till, kept = math.max(till, tonumber(known)), number(later) .. reason
end
redis.call('HSET', KEYS[1], ARGV[1], kept)
redis.call('ZADD', KEYS[2], number(till), ARGV[1])
changed()
return 1
