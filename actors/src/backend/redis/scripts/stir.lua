-- Notifies the nodes that watch a user that a session of it was attached or detached, or that its profile changed; costs nothing for users that
-- nobody watches.
local function stir(watched, channel, user, publish)
  if redis.call('EXISTS', watched) == 1 then redis.pcall(publish, channel, 'W ' .. user .. '\n') end
end
