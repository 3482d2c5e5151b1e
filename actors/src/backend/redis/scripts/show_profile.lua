-- Stores another profile of a user in a channel; 0 when the user is not there.
-- KEYS: members, states, topic, nodes, near. ARGV: user, value, channel, calling node.
local user = ARGV[1]
local word, sessions = member_of(KEYS[1], user)
if word == '!' or (#sessions == 0 and word == '') then return 0 end
-- for a user that was not announced yet it is announced together with the join
put_profile(KEYS[2], user, ARGV[2], word ~= '?' and place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[3], ARGV[4]))
return answer(1)
