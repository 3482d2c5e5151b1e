-- Enters a session into a channel. The sum of 1 when its user's coming is to be told: it has no other live one there, or nobody
-- was told of that one; and 2 when the node is to follow the topic. A session that is entered again, after the broker lost data, comes with 1 as `known`: it was told.
-- A list of nodes instead: it depends on whether those live, see live.lua; nothing was changed.
-- KEYS: members, states, topic, nodes, near, and where the same server has them the leases, then the user's profile where there are profiles.
-- ARGV: user, session, known, channel, node that asks, 1 when it says what it shows, that state, for how long the profile is
-- kept (ms), 1 when the node does not follow the topic, then see live.lua.
local user, own_session = ARGV[1], ARGV[2]
local is_live, unknown = live_by(KEYS[6], 10, own_session)
local word, sessions = member_of(KEYS[1], user)
local stay, stays, entered = {own_session}, {[own_session] = true}, false
for _, session in ipairs(sessions) do
  stays[session] = true
  if session == own_session then entered = true else stay[#stay + 1] = session end
end
local first = word == '!' or word == '?'
-- where `left` is put off, nobody was told that it was away
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
-- who was told to have left shows nothing
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
