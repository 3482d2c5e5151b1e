-- Removes a route from an incarnation's index. KEYS: index. ARGV: field, place.
take(KEYS[1], ARGV[1], ARGV[2])
return 1
