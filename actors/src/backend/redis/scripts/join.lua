-- Enters a session into a channel; 1 when its user's coming is to be told: it has no other live one there.
-- KEYS: members. ARGV: user, session, live incarnations.
local is_live = live_from(3)
local word, sessions = member_of(KEYS[1], ARGV[1])
local kept, alive = {ARGV[2]}, false
for _, session in ipairs(sessions) do
  if session ~= ARGV[2] then
    kept[#kept + 1] = session
    if is_live(session) then alive = true end
  end
end
put_member(KEYS[1], ARGV[1], '', kept)
if word == '!' then return 1 end
-- nobody was told that it was away
if due_of(word) then return 0 end
return alive and 0 or 1
