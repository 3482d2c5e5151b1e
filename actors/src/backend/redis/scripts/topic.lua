-- The start of every script that publishes on a topic. The node generates `WAYS`, because it does not change while the
-- node runs: publish (PUBLISH or SPUBLISH), count (the command that counts subscribers), nodes (prefix of the names of
-- node channels; false if those are on other servers).
-- For a channel the broker knows the nodes with members: `nodes`, incarnation -> number of sessions. Nodes among them
-- that are not subscribed to the topic are in the set `near` and are notified directly, on their node channels. See
-- docs/decisions/0023.

-- The work left to the calling node: to deliver messages that no other node receives, and its own direct notifications;
-- and to notify other nodes.
local kept, own, unsent = {}, {}, {}

-- The place of an announcement. Only channels have nodes.
local function place_of(topic, nodes, near, channel, node)
  local is_channel = string.sub(channel, 1, 3) == 'ch:'
  return {topic = topic, nodes = is_channel and nodes, near = near, channel = channel, own = node}
end

local function send(node, message)
  if WAYS.nodes then
    redis.pcall('PUBLISH', WAYS.nodes .. node .. '}:node', message)
  else
    unsent[#unsent + 1] = node
    unsent[#unsent + 1] = message
  end
end

-- The nodes that are notified directly, and whether the caller is among them.
local function near_of(at)
  local others, is_near = {}, false
  for _, node in ipairs(redis.call('SMEMBERS', at.near)) do
    if node == at.own then is_near = true else others[#others + 1] = node end
  end
  return others, is_near
end

local function has_all(at)
  return redis.call('HLEN', at.nodes) == 1 and redis.call('HEXISTS', at.nodes, at.own) == 1
end

-- How many connections are subscribed to a topic; if the broker does not tell, one is assumed.
local function followers(at)
  local count = redis.pcall('PUBSUB', WAYS.count, at.topic)
  return count.err and 1 or tonumber(count[2])
end

local function tell_company(at, nodes)
  for _, node in ipairs(nodes) do send(node, 'M ' .. at.channel .. '\n') end
end

-- Publishes on a topic, once to each node. The message to the subscribers names the nodes that were notified directly.
local function say(at, message)
  if not at.nodes then return redis.pcall(WAYS.publish, at.topic, message) end
  local others, is_near = near_of(at)
  local count = followers(at)
  if #others == 0 and (count == 0 or (count == 1 and not is_near and has_all(at))) then
    -- a node without members has nobody to deliver to, not even itself
    if redis.call('HEXISTS', at.nodes, at.own) == 1 then kept[#kept + 1] = message end
    return
  end
  if #others == 0 and not is_near then return redis.pcall(WAYS.publish, at.topic, message) end
  for _, node in ipairs(others) do send(node, message) end
  if is_near then own[#own + 1] = message end
  if count > 0 then
    local told = table.concat(others, ' ') .. (is_near and ' ' .. at.own or '')
    redis.pcall(WAYS.publish, at.topic, 'N ' .. told .. '\n' .. message)
  end
  -- repeated with each message, because one may be lost
  if count > 0 or #others + (is_near and 1 or 0) > 1 then
    tell_company(at, others)
    if is_near then own[#own + 1] = 'M ' .. at.channel .. '\n' end
  end
end

-- Counts a session of the calling node. `fresh`: that node is not subscribed to the topic. Returns whether it has to
-- subscribe, because other nodes have members.
local function enter(at, is_new, fresh)
  if not at.nodes then return false end
  local sessions = is_new and redis.call('HINCRBY', at.nodes, at.own, 1)
  if sessions == 1 or fresh then redis.call('SADD', at.near, at.own) end
  local others, is_near = near_of(at)
  if not is_near then return false end
  tell_company(at, others)
  return not has_all(at) or followers(at) > 0
end

-- Removes a session of a node.
local function leave(at, node)
  if not at.nodes or redis.call('HEXISTS', at.nodes, node) == 0 then return end
  if redis.call('HINCRBY', at.nodes, node, -1) <= 0 then
    redis.call('HDEL', at.nodes, node)
    redis.call('SREM', at.near, node)
  end
end

-- The answer of a script, together with the work left to the node.
local function answer(value)
  if #kept + #own + #unsent == 0 then return value end
  return {'told', value, kept, own, unsent}
end
