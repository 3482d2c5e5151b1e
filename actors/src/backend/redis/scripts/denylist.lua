-- The start of the scripts that change the denylist. KEYS: denials, their ends, version.

-- The stored value of a denial that was ended early.
local ENDED = '-'

-- Never assigns a version twice, even after the broker lost its data: versions are not below the clock.
local function changed()
  local version = tonumber(redis.call('GET', KEYS[3]) or '0')
  redis.call('SET', KEYS[3], number(math.max(now_ms(), version + 1)))
end

local function forget(subject)
  redis.call('HDEL', KEYS[1], subject)
  redis.call('ZREM', KEYS[2], subject)
end
