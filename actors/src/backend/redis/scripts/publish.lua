-- Publishes a message on the topic of a channel without a log entry. KEYS: topic, nodes, near. ARGV: message, channel,
-- calling node.
say(place_of(KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3]), ARGV[1])
return answer(1)
