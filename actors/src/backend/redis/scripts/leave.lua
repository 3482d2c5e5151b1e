-- Removes a session from a channel. If its user has no other live one there, `left` is delayed by a grace; whether the
-- user is back is checked again at its end. The user's state stays until then.
-- KEYS: members, states, topic, nodes, near, and the leases if they are on the same server. ARGV: user, session, grace
-- in ms, channel, calling node, then see live.lua.
local user = ARGV[1]
local is_live = live_by(KEYS[6], 6)
local word, sessions = member_of(KEYS[1], user)
local there, alive, stay = false, false, {}
for _, session in ipairs(sessions) do
  if session == ARGV[2] then
    there = true
  else
    stay[#stay + 1] = session
    if is_live(session) then alive = true end
  end
end
if not there then return 0 end
if not alive and word == '' then word = '~' .. number(now_ms() + tonumber(ARGV[3])) end
put_member(KEYS[1], user, word, stay)
local at = place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[4], ARGV[5])
leave(at, incarnation_of(ARGV[2]))

local before = states_of(KEYS[2], user)
local after = before
if alive then
  after = with_state(before, ARGV[2], '')
elseif not due_of(word) then
  after = {}
  drop_profile(KEYS[2], user)
end
put_states(KEYS[2], user, before, after, word == '' and at)
return answer(1)
