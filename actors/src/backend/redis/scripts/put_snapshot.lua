-- Stores the snapshot of a channel, unless the present one is newer or the log has not reached its position. KEYS:
-- snapshot, log. ARGV: position, Unix ms, payload, how long to keep it in ms.
local known, top = redis.call('GET', KEYS[1]), top_of(KEYS[2])
if known and seq_of(known) > seq_of(ARGV[1]) then return 0 end
if top and seq_of(top) < seq_of(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. '\n' .. ARGV[3], 'PX', ARGV[4])
return 1
