-- The start of every script that changes presence states. A user's value in the hash of states has the states of its
-- sessions, the newest first, which is the user's state: for each the session's 16 bytes, the length of the state, `:`,
-- the state.

local function states_in(value)
  local list, at = {}, 1
  while at <= #value do
    local _, colon, length = string.find(value, '^(%d+):', at + 16)
    if not colon then break end
    list[#list + 1] = {session = string.sub(value, at, at + 15), state = string.sub(value, colon + 1, colon + length)}
    at = colon + length + 1
  end
  return list
end

local function states_of(states, user)
  return states_in(redis.call('HGET', states, user) or '')
end

local function shown(list)
  return list[1] and list[1].state or ''
end

-- Stores the states of a user's sessions. `to` is the place where a change of the user's state is announced; without
-- it, it is not announced.
local function put_states(states, user, before, after, to)
  if #before == 0 and #after == 0 then return end
  local parts = {}
  for i, it in ipairs(after) do parts[i] = it.session .. #it.state .. ':' .. it.state end
  if #parts == 0 then
    redis.call('HDEL', states, user)
  else
    redis.call('HSET', states, user, table.concat(parts))
  end
  if to and shown(before) ~= shown(after) then
    say(to, 'S ' .. to.channel .. ' ' .. user .. '\n' .. shown(after))
  end
end

-- The states without those of sessions for which `keep` is false.
local function states_where(list, keep)
  local kept = {}
  for _, it in ipairs(list) do
    if keep(it.session) then kept[#kept + 1] = it end
  end
  return kept
end

-- The states after a session set its own, which becomes the newest; an empty state removes it.
local function with_state(list, session, state)
  local after = states_where(list, function(other) return other ~= session end)
  if state ~= '' then table.insert(after, 1, {session = session, state = state}) end
  return after
end

-- The states after a session without one of its own took over the state of a session that has ended. Other sessions
-- keep theirs.
local function taken_over(list, session, stays, is_live)
  local after, own = {}, false
  for _, it in ipairs(list) do own = own or it.session == session end
  for _, it in ipairs(list) do
    if not own and not (stays[it.session] and is_live(it.session)) then
      after[#after + 1], own = {session = session, state = it.state}, true
    end
    if stays[it.session] then after[#after + 1] = it end
  end
  return after
end
