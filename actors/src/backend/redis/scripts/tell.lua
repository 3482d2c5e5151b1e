-- Tells that a user left, when that is due and the user is not back. 0: nothing is to be told. 1: told. 2: not due yet.
-- KEYS: members, topic. ARGV: user, message, PUBLISH or SPUBLISH, live incarnations.
local is_live = live_from(4)
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
put_member(KEYS[1], ARGV[1], '!', sessions)
redis.pcall(ARGV[3], KEYS[2], ARGV[2])
return 1
