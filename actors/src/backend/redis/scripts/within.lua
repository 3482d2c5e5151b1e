-- The start of every script that checks whether one user may reach another.

-- Whether a user is within bounds. The bounds: the conditions (`b`: it must not block the asker, `c`: they must be
-- contacts, `o`: it must be in one of the organisations), the asker, organisations, each with a space before it, as in
-- the stored organisations. A user without stored organisations is in none, and one without people knows nobody.
local function is_within(noted, people, bounds)
  local asked, asker, orgs = string.match(bounds, '^ (%S+) (%S+)(.*)$')
  if string.find(asked, '[bc]') then
    local relation = tonumber(redis.call('HGET', people, asker) or '0')
    if relation >= 4 or (string.find(asked, 'c', 1, true) and relation ~= 3) then return false end
  end
  if not string.find(asked, 'o', 1, true) then return true end
  local own = (redis.call('GET', noted) or '') .. ' '
  for org in string.gmatch(orgs, '%S+') do
    if string.find(own, ' ' .. org .. ' ', 1, true) then return true end
  end
  return false
end
