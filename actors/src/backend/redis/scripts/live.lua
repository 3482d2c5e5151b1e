-- What every script that judges sessions begins with. ARGV[from…] are the live incarnations.

-- The incarnation of a session is the first 15 of its digits that are not the version (see SessionId).
local function incarnation_of(session)
  return string.sub(session, 1, 8) .. string.sub(session, 10, 13) .. string.sub(session, 16, 18)
end

local function live_among(incarnations)
  local live = {}
  for _, incarnation in ipairs(incarnations) do live[incarnation] = true end
  return function(session) return live[incarnation_of(session)] == true end
end

local function live_from(from)
  local live = {}
  for i = from, #ARGV do live[#live + 1] = ARGV[i] end
  return live_among(live)
end
