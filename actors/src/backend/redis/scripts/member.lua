-- What every script that changes a channel's members begins with. A user's value is its sessions, separated by spaces,
-- and before them at most one word about its `left`:
-- `~<ms>`: to be told from then on, unless the user is back;
-- `!`: told; what follows are sessions of dead nodes.

local function member_of(members, user)
  local word, sessions = '', {}
  for part in string.gmatch(redis.call('HGET', members, user) or '', '%S+') do
    if string.find(part, '^[~!]') then word = part else sessions[#sessions + 1] = part end
  end
  return word, sessions
end

-- When `left` is to be told; nil when it is not.
local function due_of(word)
  return tonumber(string.match(word, '^~(%d+)'))
end

local function put_member(members, user, word, sessions)
  if #sessions == 0 and not due_of(word) then
    redis.call('HDEL', members, user)
  else
    local parts = {}
    if word ~= '' then parts[1] = word end
    for i = 1, #sessions do parts[#parts + 1] = sessions[i] end
    redis.call('HSET', members, user, table.concat(parts, ' '))
  end
end
