// The official JavaScript client follows a channel and says each thing it hears on a line of its own, until it is ended.
// Arguments: json or protobuf, the address, the channel, and the transport (websocket, http_stream or sse). Without a
// channel it follows those to which the server subscribes it.
'use strict';
const WebSocket = require('ws');
const EventSource = require('./event_source.cjs');

const [format, url, channel, transport = 'websocket'] = process.argv.slice(2);
const { Centrifuge } = require(format === 'protobuf' ? 'centrifuge/build/protobuf' : 'centrifuge');
const http = url.replace('ws:', 'http:');
const endpoint = transport === 'websocket' ? url : [{ transport, endpoint: http.replace('/websocket', `/${transport}`) }];
const emulated = { eventsource: EventSource, emulationEndpoint: http.replace('/connection/websocket', '/emulation') };
const delays = { minReconnectDelay: 50, maxReconnectDelay: 300 };
const client = new Centrifuge(endpoint, { websocket: WebSocket, token: process.env.CENTRIFUGE_TEST_TOKEN, ...emulated, ...delays });
const own = { minResubscribeDelay: 50, maxResubscribeDelay: 300 };
const subscription = channel ? client.newSubscription(channel, own) : client;
// protobuf carries bytes
const text = (data) => (format === 'protobuf' ? new TextDecoder().decode(data) : JSON.stringify(data));
client.on('connecting', ({ code, reason }) => console.log(`connecting ${code} ${reason}`));
client.on('disconnected', ({ code }) => console.log(`disconnected ${code}`));
subscription.on('subscribing', ({ code, reason }) => console.log(`subscribing ${code} ${reason}`));
subscription.on('subscribed', ({ wasRecovering, recovered }) => console.log(`subscribed ${wasRecovering ? `recovered=${recovered}` : 'anew'}`));
subscription.on('unsubscribed', ({ code }) => console.log(`unsubscribed ${code}`));
subscription.on('publication', ({ data }) => console.log(`heard ${text(data)}`));
if (channel) subscription.subscribe();
client.connect();
