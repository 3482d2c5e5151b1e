-- Whether a user is in one of some organisations. KEYS: what is noted of the user. ARGV: organisations.
return shares(KEYS[1], ARGV[1]) and 1 or 0
