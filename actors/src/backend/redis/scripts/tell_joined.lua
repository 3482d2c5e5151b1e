-- Tells that a user came and what is shown of it, when nobody was told yet. 1: told.
-- KEYS: members, states, topic, nodes, near. ARGV: user, message, channel, node that asks.
local user = ARGV[1]
local word, sessions = member_of(KEYS[1], user)
if word ~= '?' then return 0 end
put_member(KEYS[1], user, '', sessions)
if EVENTS then member_event(KEYS[1], user, 'member.joined') end
local states, to = states_of(KEYS[2], user), place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[3], ARGV[4])
say(to, ARGV[2])
put_states(KEYS[2], user, {}, states, to)
local profile = profile_in(redis.call('HGET', KEYS[2], ' ' .. user))
if profile ~= '' then tell_profile(to, user, profile) end
return answer(1)
