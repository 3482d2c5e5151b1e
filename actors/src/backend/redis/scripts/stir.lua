-- Tells those who watch a user that a session of it came or went, or that its profile is another; nothing where nobody watches.
local function stir(watched, channel, user, publish)
  if redis.call('EXISTS', watched) == 1 then redis.pcall(publish, channel, 'W ' .. user .. '\n') end
end
