-- Enters a session into a channel; 1 when its user's coming is to be told: it has no other live one there, or nobody was told
-- of that one. A session that is entered again, after the broker lost data, comes with 1 as `known`: it was told.
-- A list of nodes instead: it depends on whether those live, see live.lua; nothing was changed.
-- KEYS: members, and where the same server has them the leases. ARGV: user, session, known, then see live.lua.
local is_live, unknown = live_by(KEYS[2], 4, ARGV[2])
local word, sessions = member_of(KEYS[1], ARGV[1])
local kept, entered = {ARGV[2]}, false
for _, session in ipairs(sessions) do
  if session == ARGV[2] then entered = true else kept[#kept + 1] = session end
end
local first = word == '!' or word == '?'
-- where `left` is put off, nobody was told that it was away
if ARGV[3] == '1' or due_of(word) then
  first = false
elseif not first and not entered then
  first = true
  for i = 2, #kept do
    if is_live(kept[i]) then first = false end
  end
  if first and #unknown > 0 then return unknown end
end
put_member(KEYS[1], ARGV[1], first and '?' or '', kept)
return first and 1 or 0
