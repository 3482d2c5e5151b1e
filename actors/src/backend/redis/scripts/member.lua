-- The start of every script that changes a channel's members. A user's value is at most one word about a pending
-- announcement, then its sessions, 16 bytes each. The word is shorter than 16 bytes:
-- `?`: the user joined, and was not announced yet;
-- `~<ms>`: `left` is due at that time, unless the user comes back;
-- `!`: `left` was announced; remaining sessions are those of dead nodes.

local function member_of(members, user)
  local value = redis.call('HGET', members, user) or ''
  local start, sessions = #value % 16, {}
  for at = start + 1, #value, 16 do sessions[#sessions + 1] = string.sub(value, at, at + 15) end
  return string.sub(value, 1, start), sessions
end

-- When `left` is due; nil when it is not pending.
local function due_of(word)
  return tonumber(string.match(word, '^~(%d+)'))
end

local function put_member(members, user, word, sessions)
  if #sessions == 0 and not due_of(word) then
    local gone = redis.call('HDEL', members, user)
    if EVENTS and gone == 1 and redis.call('EXISTS', members) == 0 then occupancy(members, 'channel.vacated') end
  else
    local new = redis.call('HSET', members, user, word .. table.concat(sessions))
    if EVENTS and new == 1 and redis.call('HLEN', members) == 1 then occupancy(members, 'channel.occupied') end
  end
end
