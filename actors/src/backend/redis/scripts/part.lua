-- The result of an append to a user's stream: a line, then the user's sessions, 16 bytes each. One text costs both
-- sides less than nested lists. `crowded`: the stream is half full, so senders' shares apply.
local function part(pos, prev, stored, ts, sessions, crowded)
  local line = pos .. ' ' .. prev .. ' ' .. string.char(48 + stored) .. ' ' .. ts .. (crowded and ' crowded\n' or '\n')
  return line .. (#sessions == 1 and sessions[1] or table.concat(sessions))
end
