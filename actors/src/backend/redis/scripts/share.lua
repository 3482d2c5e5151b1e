-- The start of every script that stores a message of one user for another. A sender, and its first organisation, may
-- occupy a share of the other's stream; beyond it they cannot push out unread messages of others. The recent messages
-- are counted once a stream is half full, in two generations of as many positions as the stream retains:
-- {u:<user>}:shares:<generation>, sender, or a space and its organisation -> millionths of what the stream retains.

-- The entries to be pushed out are searched among this many of the oldest; trimming leaves up to about a hundred
-- expired ones.
local OVERDUE_MAX = 128

-- Parses `<percent of a sender> <percent of an organisation> <sender> <organisation, if any>`.
local function share_of(text)
  local of_sender, of_org, sender, org = string.match(text or '', '^(%d+) (%d+) (%S+) (%S*)$')
  if not sender then return nil end
  return {of_sender = of_sender * 10000, of_org = of_org * 10000, sender = sender, org = org, origin = sender .. ' ' .. org}
end

local function owner_of(log)
  return string.match(log, '{u:(.*)}:log$')
end

local function generation_of(seq, a)
  return math.floor(seq / tonumber(a.count))
end

-- The position up to which the most advanced device has read a stream. For a user whose clients keep no cursors, only
-- whether the user is connected.
local function read_up_to(log, devices, sessions)
  local stem, stream = string.gsub(devices, 'devices$', 'cursor:'), 'user:' .. owner_of(log)
  local foremost
  for _, device in ipairs(redis.call('ZRANGE', devices, 0, -1)) do
    local cursor = redis.call('HGET', stem .. device, stream)
    if cursor and (not foremost or seq_of(cursor) > foremost) then foremost = seq_of(cursor) end
  end
  if foremost then return foremost end
  return #sessions > 0 and math.huge or -1
end

-- Whether the sender or its organisation has reached its share.
local function have_had(stem, generation, share)
  local sender, org = 0, 0
  for back = 0, 1 do
    local sums = redis.call('HMGET', stem .. ':' .. number(generation - back), share.sender, ' ' .. share.org)
    sender, org = sender + (tonumber(sums[1]) or 0), org + (tonumber(sums[2]) or 0)
  end
  return share.of_sender > 0 and sender >= share.of_sender, share.of_org > 0 and share.org ~= '' and org >= share.of_org
end

-- Whether appending a new message would push out unread messages of others, while the sender is at its share. Everybody
-- may push out messages of the stream's owner.
local function is_beyond(log, stem, devices, sessions, found, a, share)
  found.length = redis.call('XLEN', log)
  local total = found.before + #a.envelope
  if found.length < tonumber(a.count) and total <= a.bytes then return false end
  local sender_had, org_had = have_had(stem, generation_of(seq_of(found.top), a), share)
  if not sender_had and not org_had then return false end
  local overdue, read, owner = found.length + 1 - a.count, read_up_to(log, devices, sessions), owner_of(log)
  local from, seen = '-', 0
  while seen < OVERDUE_MAX do
    local entries = redis.call('XRANGE', log, from, '+', 'COUNT', 16)
    for i = 1, #entries do
      local pos, fields = entries[i][1], entries[i][2]
      local goes = seen + i <= overdue or total - (tonumber(fields[8] or 0) - #fields[2]) > a.bytes
      if not goes then return false end
      local sender, org = string.match(fields[10] or ' ', '^(%S*) (%S*)$')
      local is_others = sender ~= owner and sender ~= share.sender and (sender_had or org ~= share.org)
      if is_others and seq_of(pos) > read then return true end
    end
    if #entries < 16 then return false end
    seen, from = seen + 16, '(' .. entries[16][1]
  end
  return false
end

-- Counts a new message. Returns whether shares are counted already, that is, whether the stream is half full.
local function count_share(log, stem, pos, found, a, share)
  local total = found.before + #a.envelope
  if (found.length or redis.call('XLEN', log)) < a.count / 2 and total < a.bytes / 2 then return false end
  local sums = stem .. ':' .. number(generation_of(seq_of(pos), a))
  local millionths = number(math.ceil(1000000 * math.max(1 / a.count, #a.envelope / a.bytes)))
  local is_new = redis.call('HINCRBY', sums, share.sender, millionths) == tonumber(millionths)
  if share.org ~= '' then redis.call('HINCRBY', sums, ' ' .. share.org, millionths) end
  if is_new then redis.call('PEXPIRE', sums, a.age) end
  return true
end
