-- Removes the publications of a log up to a position, or all and the snapshot with them. An empty stream remembers its
-- last id, so positions go on.
-- KEYS: log, snapshot. ARGV: position, or nothing. Returns how many went.
if ARGV[1] == '' then
  redis.call('DEL', KEYS[2])
  return redis.call('XTRIM', KEYS[1], 'MAXLEN', 0)
end
-- by its seq alone: another history may have another nonce there
return redis.call('XTRIM', KEYS[1], 'MINID', number(seq_of(ARGV[1]) + 1))
