-- Ends a denial. Returns whether there was one.
-- KEYS: denials, when they end, version. ARGV: subject.
local till = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
forget(ARGV[1])
if till <= now_ms() then return 0 end
changed()
return 1
