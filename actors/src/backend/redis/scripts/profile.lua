-- The start of every script that changes the profile of a user in a channel. The hash of states also has a copy of each
-- profile, in a field that no user can have (a space, then the user): `<version> <profile>`, like the user's own key.

local function profile_in(value)
  return value and string.match(value, '^%d+ (.*)$') or ''
end

local function tell_profile(to, user, profile)
  say(to, 'F ' .. to.channel .. ' ' .. user .. '\n' .. profile)
end

-- Stores a copy unless a newer one is there. `to` is the place where a change is announced; without it, it is not
-- announced.
local function put_profile(states, user, value, to)
  local field = ' ' .. user
  local known = redis.call('HGET', states, field)
  if known and tonumber(string.match(known, '^%d+')) >= tonumber(string.match(value, '^%d+')) then return end
  redis.call('HSET', states, field, value)
  if to and profile_in(known) ~= profile_in(value) then tell_profile(to, user, profile_in(value)) end
end

-- Removes the profile of a user whose `left` was announced.
local function drop_profile(states, user)
  redis.call('HDEL', states, ' ' .. user)
end
