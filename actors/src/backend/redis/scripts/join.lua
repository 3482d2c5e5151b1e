-- Enters a session into a channel; 1 when its user's coming is to be told: it has no other live one there, or nobody was told
-- of that one. A session that is entered again, after the broker lost data, comes with 1 as `known`: it was told.
-- KEYS: members. ARGV: user, session, known, live incarnations.
local is_live = live_from(4)
local word, sessions = member_of(KEYS[1], ARGV[1])
local kept, alive = {ARGV[2]}, false
for _, session in ipairs(sessions) do
  if session ~= ARGV[2] then kept[#kept + 1] = session end
  if session == ARGV[2] or is_live(session) then alive = true end
end
-- where `left` is put off, nobody was told that it was away
local first = word == '!' or word == '?' or (not alive and not due_of(word))
if ARGV[3] == '1' then first = false end
put_member(KEYS[1], ARGV[1], first and '?' or '', kept)
return first and 1 or 0
