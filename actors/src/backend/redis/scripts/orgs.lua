-- What every script that judges by organisations begins with.

-- Whether a user is in one of some organisations, each with a space before it, as in what is noted of the user. One of whom
-- nothing is noted is in none.
local function shares(noted, orgs)
  local own = (redis.call('GET', noted) or '') .. ' '
  for org in string.gmatch(orgs, '%S+') do
    if string.find(own, ' ' .. org .. ' ', 1, true) then return true end
  end
  return false
end
