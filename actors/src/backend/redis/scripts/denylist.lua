-- What the scripts that change the denylist begin with. KEYS: denials, when they end, version.

-- What is kept of a denial that was ended before its time.
local ENDED = '-'

-- A version is never used twice, also after the broker lost its data: it is not below the clock.
local function changed()
  local version = tonumber(redis.call('GET', KEYS[3]) or '0')
  redis.call('SET', KEYS[3], number(math.max(now_ms(), version + 1)))
end

local function forget(subject)
  redis.call('HDEL', KEYS[1], subject)
  redis.call('ZREM', KEYS[2], subject)
end
