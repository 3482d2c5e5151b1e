-- Tells that a user left, when that is due and the user is not back. 0: nothing is to be told. 1: told. 2: not due yet.
-- A list of nodes instead: it depends on whether those live, see live.lua; nothing was changed.
-- KEYS: members, topic, and where the same server has them the leases. ARGV: user, message, PUBLISH or SPUBLISH, then see
-- live.lua.
local is_live, unknown = live_by(KEYS[3], 4)
local word, sessions = member_of(KEYS[1], ARGV[1])
local due = due_of(word)
if not due then return 0 end
if due > now_ms() then return 2 end
for _, session in ipairs(sessions) do
  if is_live(session) then
    put_member(KEYS[1], ARGV[1], '', sessions)
    return 0
  end
end
if #unknown > 0 then return unknown end
put_member(KEYS[1], ARGV[1], '!', sessions)
redis.pcall(ARGV[3], KEYS[2], ARGV[2])
return 1
