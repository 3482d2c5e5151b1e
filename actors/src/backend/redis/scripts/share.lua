-- The start of every script that stores a message of one user for another. A sender, and its first organisation, may
-- occupy a share of the other's stream; beyond it they cannot push out unread messages of others. The recent messages
-- are counted once a stream is half full, in two generations of as many positions as the stream retains:
-- {u:<user>}:shares:<generation>, sender, or a space and its organisation -> millionths of what the stream retains.

-- The entries to be pushed out are searched among this many of the oldest; trimming leaves up to about a hundred
-- expired ones.
local OVERDUE_MAX = 128

-- Parses `<percent of a sender> <percent of an organisation> <sender> <organisation, if any>`.
local function share_of(text)
  local of_sender, of_org, origin, sender, org = string.match(text or '', '^(%d+) (%d+) ((%S+) (%S*))$')
  if not sender then return nil end
  return {of_sender = of_sender, of_org = of_org, sender = sender, org = org, origin = origin}
end

local function generation_of(seq, a)
  return math.floor(seq / tonumber(a.count))
end

-- Whether appending a new message would push out unread messages of others, while the sender is at its share. Everybody
-- may push out messages of the stream's owner.
local function would_push_out(log, stem, devices, sessions, found, a, share)
  local owner, top = string.match(log, '{u:(.*)}:log$'), seq_of(found.top)

  -- How far the stream was read, by the foremost device. For a user whose clients keep no cursors, only whether the
  -- user is connected.
  local function read_up_to()
    local cursors, stream = string.gsub(devices, 'devices$', 'cursor:'), 'user:' .. owner
    local foremost
    for _, device in ipairs(redis.call('ZRANGE', devices, 0, -1)) do
      local cursor = redis.call('HGET', cursors .. device, stream)
      if cursor and (not foremost or seq_of(cursor) > foremost) then foremost = seq_of(cursor) end
    end
    if foremost then return foremost end
    return #sessions > 0 and math.huge or -1
  end

  -- Whether the sender or its organisation has reached its share.
  local function have_had()
    local sender, org, generation = 0, 0, generation_of(top, a)
    for back = 0, 1 do
      local sums = redis.call('HMGET', stem .. ':' .. number(generation - back), share.sender, ' ' .. share.org)
      sender, org = sender + (tonumber(sums[1]) or 0), org + (tonumber(sums[2]) or 0)
    end
    local of_sender, of_org = share.of_sender * 10000, share.of_org * 10000
    return of_sender > 0 and sender >= of_sender, of_org > 0 and share.org ~= '' and org >= of_org
  end

  local read = read_up_to()
  if read >= top then return false end -- whatever goes was read
  local sender_had, org_had = have_had()
  if not sender_had and not org_had then return false end
  local total = found.before + #a.envelope
  -- seqs are consecutive: those of the oldest messages, of the first unread one, and of the first that may stay
  local oldest = top + 1 - found.length
  local from, stays = math.max(oldest, read + 1), top + 2 - a.count
  while from < oldest + OVERDUE_MAX do
    local entries = redis.call('XRANGE', log, number(from), '+', 'COUNT', 16)
    for i = 1, #entries do
      local fields = entries[i][2]
      local goes = from + i <= stays or total - (tonumber(fields[8] or 0) - #fields[2]) > a.bytes
      if not goes then return false end
      local sender, org = string.match(fields[10] or ' ', '^(%S*) (%S*)$')
      if sender ~= owner and sender ~= share.sender and (sender_had or org ~= share.org) then return true end
    end
    if #entries < 16 then return false end
    from = from + 16
  end
  return false
end

-- Notes in `found` how full the stream is with the new message.
local function measure(log, found, a)
  local length, count, total = redis.call('XLEN', log), tonumber(a.count), found.before + #a.envelope
  found.length = length
  found.is_half = length >= count / 2 or total >= a.bytes / 2
  found.is_full = length >= count or total > a.bytes
end

-- Whether the share leaves no room for a new message; see `would_push_out`.
local function is_beyond(log, stem, devices, sessions, found, a, share)
  measure(log, found, a)
  return found.is_full and found.top and would_push_out(log, stem, devices, sessions, found, a, share)
end

-- Counts a new message. Returns whether shares are counted already, that is, whether the stream is half full.
local function count_share(log, stem, pos, found, a, share)
  if found.is_half == nil then measure(log, found, a) end
  if not found.is_half then return false end
  local sums = stem .. ':' .. number(generation_of(seq_of(pos), a))
  local millionths = math.ceil(1000000 * math.max(1 / a.count, #a.envelope / a.bytes))
  local added = number(millionths)
  local is_new = redis.call('HINCRBY', sums, share.sender, added) == millionths
  if share.org ~= '' then redis.call('HINCRBY', sums, ' ' .. share.org, added) end
  if is_new then redis.call('PEXPIRE', sums, a.age) end
  return true
end
