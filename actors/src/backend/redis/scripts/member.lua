-- What every script that changes a channel's members begins with. A user's value is at most one word about what is to be told
-- of it, then its sessions, 16 bytes each. The word is shorter than that:
-- `?`: it came, and nobody was told yet;
-- `~<ms>`: to be told from then on, unless the user is back;
-- `!`: told; what follows are sessions of dead nodes.

local function member_of(members, user)
  local value = redis.call('HGET', members, user) or ''
  local start, sessions = #value % 16, {}
  for at = start + 1, #value, 16 do sessions[#sessions + 1] = string.sub(value, at, at + 15) end
  return string.sub(value, 1, start), sessions
end

-- When `left` is to be told; nil when it is not.
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
