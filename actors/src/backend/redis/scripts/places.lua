-- The start of every script that changes an incarnation's index. A field is the second half of a session's id and its
-- user; the value lists the places of its entries: `s` for the directory, the address of each of its channels, a space
-- before each.

local function put(index, field, place)
  local places = redis.call('HGET', index, field) or ''
  if not string.find(places .. ' ', ' ' .. place .. ' ', 1, true) then
    redis.call('HSET', index, field, places .. ' ' .. place)
  end
end

local function take(index, field, place)
  local places = redis.call('HGET', index, field) or ''
  local first, last = string.find(places .. ' ', ' ' .. place .. ' ', 1, true)
  if not first then return end
  places = string.sub(places, 1, first - 1) .. string.sub(places, last)
  if places == '' then
    redis.call('HDEL', index, field)
  else
    redis.call('HSET', index, field, places)
  end
end
