-- Whether a direct message may be stored in its receiver's stream, if another server has the sender's stream: like
-- `stored` of direct.lua. KEYS: log, stem of idempotency keys, sessions, organisations, people, stem of shares, devices
-- of the receiver; or those of the sender, without bounds and share, to ask whether it is stored there. ARGV:
-- appending(), bounds or nothing, share or nothing.
local a = appending()
local share = share_of(ARGV[11])
if ARGV[10] ~= '' and not is_within(KEYS[4], KEYS[5], ARGV[10]) then return 4 end
local found = look(KEYS[1], KEYS[2], a)
if not share or found.stored ~= 0 then return found.stored end
local sessions = redis.call('HKEYS', KEYS[3])
if is_beyond(KEYS[1], KEYS[6], KEYS[7], sessions, found, a, share) then return 5 end
return 0
