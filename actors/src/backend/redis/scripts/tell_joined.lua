-- Announces that a user joined, with its state and profile, unless that was announced already. 1: announced. KEYS:
-- members, states, topic, nodes, near. ARGV: user, message, channel, calling node.
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
