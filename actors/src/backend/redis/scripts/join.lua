-- Enters a session into a channel. Returns the sum of 1 if its user's join has to be announced (it has no other live
-- session there, or that one was never announced) and 2 if the node has to subscribe to the topic. A session that is
-- entered again after the broker lost data has `known` = 1: it was announced before. Returns a list of nodes instead if
-- the outcome depends on whether those live, see live.lua; then nothing was changed.
-- KEYS: members, states, topic, nodes, near, the leases if they are on the same server, then the user's profile if
-- there are profiles.
-- ARGV: user, session, known, channel, calling node, 1 if a state is given, that state, for how long to keep the
-- profile (ms), 1 if the node is not subscribed to the topic, then see live.lua.
local user, own_session = ARGV[1], ARGV[2]
local is_live, unknown = live_by(KEYS[6], 10, own_session)
local word, sessions = member_of(KEYS[1], user)
local stay, stays, entered = {own_session}, {[own_session] = true}, false
for _, session in ipairs(sessions) do
  stays[session] = true
  if session == own_session then entered = true else stay[#stay + 1] = session end
end
local first = word == '!' or word == '?'
-- while `left` is delayed, nobody knows that the user was away
if ARGV[3] == '1' or due_of(word) then
  first = false
elseif not first and not entered then
  first = true
  for i = 2, #stay do
    if is_live(stay[i]) then first = false end
  end
  if first and #unknown > 0 then return unknown end
end

local before = states_of(KEYS[2], user)
-- a user that was announced as left has no state
local after = word ~= '!' and (#sessions > 0 or due_of(word)) and before or {}
if ARGV[6] == '1' then
  after = states_where(after, function(session) return stays[session] end)
  after = with_state(after, own_session, ARGV[7])
else
  local asked = #unknown
  after = taken_over(after, own_session, stays, is_live)
  if #unknown > asked then return unknown end
end

put_member(KEYS[1], user, first and '?' or '', stay)
local at = place_of(KEYS[3], KEYS[4], KEYS[5], ARGV[4], ARGV[5])
local company = enter(at, not entered, ARGV[9] == '1')
local to = not first and at
put_states(KEYS[2], user, before, after, to)
local profile = KEYS[7] and redis.call('GETEX', KEYS[7], 'PX', ARGV[8])
if profile and profile_in(profile) ~= '' then put_profile(KEYS[2], user, profile, to) end
return answer((first and 1 or 0) + (company and 2 or 0))
