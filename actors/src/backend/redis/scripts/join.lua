-- Enters a session into a channel; 1 when its user's coming is to be told: it has no other live one there, or nobody was told
-- of that one. A session that is entered again, after the broker lost data, comes with 1 as `known`: it was told.
-- KEYS: members, states, topic. ARGV: user, session, known, channel, PUBLISH or SPUBLISH, 1 when it says what it shows, that
-- state, live incarnations.
local user, own = ARGV[1], ARGV[2]
local is_live = live_from(8)
local word, sessions = member_of(KEYS[1], user)
local kept, stays, alive = {own}, {[own] = true}, false
for _, session in ipairs(sessions) do
  stays[session] = true
  if session ~= own then kept[#kept + 1] = session end
  if session == own or is_live(session) then alive = true end
end
-- where `left` is put off, nobody was told that it was away
local first = word == '!' or word == '?' or (not alive and not due_of(word))
if ARGV[3] == '1' then first = false end
put_member(KEYS[1], user, first and '?' or '', kept)

local before = states_of(KEYS[2], user)
-- who was told to have left shows nothing
local there = word ~= '!' and (#sessions > 0 or due_of(word))
local after = there and before or {}
if ARGV[6] == '1' then
  after = states_where(after, function(session) return stays[session] end)
  after = with_state(after, own, ARGV[7])
else
  after = taken_over(after, own, stays, is_live)
end
put_states(KEYS[2], user, before, after, not first and {topic = KEYS[3], channel = ARGV[4], publish = ARGV[5]})
return first and 1 or 0
