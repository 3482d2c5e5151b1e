-- What every script that changes the profile of a user in a channel begins with. Beside what users show, in a field that no user
-- has (a space, then the user), stands a copy of the profile: `<version> <profile>`, as the user's own key has it.

local function profile_in(value)
  return value and string.match(value, '^%d+ (.*)$') or ''
end

local function tell_profile(to, user, profile)
  say(to, 'F ' .. to.channel .. ' ' .. user .. '\n' .. profile)
end

-- Stores a copy unless a newer one is there. `to` says where a change is announced; absent: nobody is told.
local function put_profile(states, user, value, to)
  local field = ' ' .. user
  local known = redis.call('HGET', states, field)
  if known and tonumber(string.match(known, '^%d+')) >= tonumber(string.match(value, '^%d+')) then return end
  redis.call('HSET', states, field, value)
  if to and profile_in(known) ~= profile_in(value) then tell_profile(to, user, profile_in(value)) end
end

-- Who is told to have left is shown no more.
local function drop_profile(states, user)
  redis.call('HDEL', states, ' ' .. user)
end
