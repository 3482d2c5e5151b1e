-- The announced members of a channel: without users that were not announced yet, or whose `left` was announced. Returns
-- their number, then the users, then their states, then their profiles; if there are more than requested, only the
-- number. KEYS: members, states. ARGV: most users.
local count = redis.call('HLEN', KEYS[1])
if count > tonumber(ARGV[1]) then return {count} end
local users, states, profiles, values = {}, {}, {}, {}
local entries = redis.call('HGETALL', KEYS[2])
for at = 1, #entries, 2 do values[entries[at]] = entries[at + 1] end
entries = redis.call('HGETALL', KEYS[1])
for at = 1, #entries, 2 do
  local word = string.sub(entries[at + 1], 1, #entries[at + 1] % 16)
  if word ~= '?' and word ~= '!' then
    users[#users + 1] = entries[at]
    states[#users] = shown(states_in(values[entries[at]] or ''))
    profiles[#users] = profile_in(values[' ' .. entries[at]])
  end
end
return {#users, users, states, profiles}
