-- Tells that a user came and what it shows, when nobody was told yet. 1: told.
-- KEYS: members, states, topic. ARGV: user, message, channel, PUBLISH or SPUBLISH.
local user = ARGV[1]
local word, sessions = member_of(KEYS[1], user)
if word ~= '?' then return 0 end
put_member(KEYS[1], user, '', sessions)
if EVENTS then member_event(KEYS[1], user, 'member.joined') end
redis.pcall(ARGV[4], KEYS[3], ARGV[2])
local states = states_of(KEYS[2], user)
put_states(KEYS[2], user, {}, states, {topic = KEYS[3], channel = ARGV[3], publish = ARGV[4]})
return 1
