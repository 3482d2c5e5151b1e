-- Removes a session from a channel. If its user has no other live one there, `left` is put off by a grace; whether the user is
-- there after all is judged again when that is over.
-- KEYS: members, and where the same server has them the leases. ARGV: user, session, grace in ms, then see live.lua.
local is_live = live_by(KEYS[2], 4)
local word, sessions = member_of(KEYS[1], ARGV[1])
local there, alive, kept = false, false, {}
for _, session in ipairs(sessions) do
  if session == ARGV[2] then
    there = true
  else
    kept[#kept + 1] = session
    if is_live(session) then alive = true end
  end
end
if not there then return 0 end
if not alive and word == '' then word = '~' .. number(now_ms() + tonumber(ARGV[3])) end
put_member(KEYS[1], ARGV[1], word, kept)
return 1
