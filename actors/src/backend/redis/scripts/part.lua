-- How a script answers what an append to a user's stream did: a line, then the user's sessions, 16 bytes each. One text
-- costs both sides less than lists within lists.
local function part(pos, prev, stored, ts, sessions)
  return pos .. ' ' .. prev .. ' ' .. stored .. ' ' .. #sessions .. ' ' .. ts .. '\n' .. table.concat(sessions)
end
