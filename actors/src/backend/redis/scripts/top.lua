-- The last position of a log. KEYS: log.
return top_of(KEYS[1]) or '0-0'
