-- How a script answers what an append to a user's stream did: a line, then the user's sessions, 16 bytes each. One text
-- costs both sides less than lists within lists. `crowded`: the stream is half full, so that senders' shares count.
local function part(pos, prev, stored, ts, sessions, crowded)
  local line = pos .. ' ' .. prev .. ' ' .. stored .. ' ' .. #sessions .. ' ' .. ts .. (crowded and ' crowded' or '')
  return line .. '\n' .. table.concat(sessions)
end
