-- What every script that judges sessions begins with. A session is the 16 bytes of its id.

-- The incarnation of a session as text: the digits of its first eight bytes without the version (see SessionId).
local function incarnation_of(session)
  local a, b, c, d, e, f, g, h = string.byte(session, 1, 8)
  return string.format('%02x%02x%02x%02x%02x%02x%x%02x', a, b, c, d, e, f, g % 16, h)
end

local function live_among(incarnations)
  local live = {}
  for _, incarnation in ipairs(incarnations) do live[incarnation] = true end
  return function(session) return live[incarnation_of(session)] == true end
end

-- ARGV[from…] are the live incarnations.
local function live_from(from)
  local live = {}
  for i = from, #ARGV do live[#live + 1] = ARGV[i] end
  return live_among(live)
end
