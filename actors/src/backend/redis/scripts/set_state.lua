-- Changes the state of a session; 0 when it is not in the channel. The state of a user that was not announced yet is
-- announced together with its join. KEYS: members, states, topic, nodes, near. ARGV: user, session, state, channel,
-- calling node.
local user = ARGV[1]
local word, sessions = member_of(KEYS[1], user)
local there = false
for _, session in ipairs(sessions) do there = there or session == ARGV[2] end
if not there then return 0 end
local before = states_of(KEYS[2], user)
local after = with_state(before, ARGV[2], ARGV[3])
put_states(KEYS[2], user, before, after, word ~= '?' and place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[4], ARGV[5]))
return answer(1)
