-- Tells that a user came, when nobody was told yet. 1: told.
-- KEYS: members, topic. ARGV: user, message, PUBLISH or SPUBLISH.
local word, sessions = member_of(KEYS[1], ARGV[1])
if word ~= '?' then return 0 end
put_member(KEYS[1], ARGV[1], '', sessions)
redis.pcall(ARGV[3], KEYS[2], ARGV[2])
return 1
