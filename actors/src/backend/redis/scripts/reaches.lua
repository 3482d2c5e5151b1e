-- Whether a user is within bounds. KEYS: the user's organisations, its people. ARGV: the bounds.
return is_within(KEYS[1], KEYS[2], ARGV[1]) and 1 or 0
