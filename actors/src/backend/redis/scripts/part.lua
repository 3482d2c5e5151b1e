-- The result of an append to a user's stream: a line, then the user's sessions, 16 bytes each. One text costs both
-- sides less than nested lists. `crowded`: the stream is half full, so senders' shares apply.
local function part(pos, prev, stored, ts, sessions, crowded)
  local line = pos .. ' ' .. prev .. ' ' .. stored .. ' ' .. #sessions .. ' ' .. ts .. (crowded and ' crowded' or '')
  return line .. '\n' .. table.concat(sessions)
end
