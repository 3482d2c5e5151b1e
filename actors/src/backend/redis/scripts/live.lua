-- The start of every script that checks whether sessions are on live nodes. A session is the 16 bytes of its id.

-- The incarnation of a session as text: the digits of its first eight bytes without the version (see SessionId).
local function incarnation_of(session)
  local a, b, c, d, e, f, g, h = string.byte(session, 1, 8)
  return string.format('%08x%07x', ((a * 256 + b) * 256 + c) * 256 + d, ((e * 256 + f) * 16 + g % 16) * 256 + h)
end

-- Determines whether a session is on a live node; `own` is a session of the calling node. If the same server has the
-- leases, their key is given and they decide: the caller may not know yet of a node that started a moment ago. In a
-- cluster another server has them: ARGV[from…] are the nodes that the caller knows to be alive and, after an empty one,
-- those it knows to be dead. Sessions of other nodes count as dead, and these nodes are collected in the second result.
local function live_by(leases, from, own)
  local lives, unknown = nil, {}
  local function look()
    lives = {}
    local verdict = true
    if leases then
      for _, node in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. number(now_ms()), '+inf')) do lives[node] = true end
    else
      for i = from, #ARGV do
        if ARGV[i] == '' then verdict = false else lives[ARGV[i]] = verdict end
      end
    end
    if own then lives[incarnation_of(own)] = true end
  end
  return function(session)
    if not lives then look() end
    local node = incarnation_of(session)
    if lives[node] == nil and not leases then unknown[#unknown + 1] = node end
    return lives[node] == true
  end, unknown
end
