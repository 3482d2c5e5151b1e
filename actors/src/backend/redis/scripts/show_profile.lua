-- Shows another profile of a user in a channel; 0 when the user is not there.
-- KEYS: members, states, topic. ARGV: user, value, channel, PUBLISH or SPUBLISH.
local user = ARGV[1]
local word, sessions = member_of(KEYS[1], user)
if word == '!' or (#sessions == 0 and word == '') then return 0 end
-- of a user nobody was told of yet it is told with its coming
put_profile(KEYS[2], user, ARGV[2], word ~= '?' and {topic = KEYS[3], channel = ARGV[3], publish = ARGV[4]})
return 1
