-- Announces that a user left, if that is due and the user is not back. 0: there is nothing to announce. 1: announced.
-- 2: not due yet. Returns a list of nodes instead if the outcome depends on whether those live, see live.lua; then
-- nothing was changed. KEYS: members, states, topic, nodes, near, and the leases if they are on the same server. ARGV:
-- user, message, channel, calling node, then see live.lua.
local user = ARGV[1]
local is_live, unknown = live_by(KEYS[6], 5)
local word, sessions = member_of(KEYS[1], user)
local due = due_of(word)
if not due then return 0 end
if due > now_ms() then return 2 end
local stays, back = {}, false
for _, session in ipairs(sessions) do
  stays[session] = true
  back = back or is_live(session)
end
if not back and #unknown > 0 then return unknown end
local before = states_of(KEYS[2], user)
local at = place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[3], ARGV[4])
if back then
  put_member(KEYS[1], user, '', sessions)
  local after = states_where(before, function(session) return stays[session] end)
  put_states(KEYS[2], user, before, after, at)
  return answer(0)
end
if EVENTS then member_event(KEYS[1], user, 'member.left') end
put_member(KEYS[1], user, '!', sessions)
put_states(KEYS[2], user, before, {}, nil)
drop_profile(KEYS[2], user)
say(at, ARGV[2])
return answer(1)
