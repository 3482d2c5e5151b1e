-- Removes the publications of a log up to a position, or all of them and the snapshot. An empty stream remembers its
-- last id, so positions continue. KEYS: log, snapshot. ARGV: position, or nothing. Returns how many were removed.
if ARGV[1] == '' then
  redis.call('DEL', KEYS[2])
  return redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
end
-- by the seq alone: another history may have another nonce there
return redis.call('XTRIM', KEYS[1], 'MINID', number(seq_of(ARGV[1]) + 1))
