-- Says something on the topic of a channel that is in no log. KEYS: topic, nodes, near. ARGV: message, channel, node that asks.
say(place_of(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3]), ARGV[1])
return answer(1)
