// The official JavaScript client follows a channel and says each thing it hears on a line of its own, until it is ended.
// Arguments: the address, the channel.
'use strict';
const WebSocket = require('ws');
const { Centrifuge } = require('centrifuge');

const [url, channel] = process.argv.slice(2);
const options = { websocket: WebSocket, token: process.env.CENTRIFUGE_TEST_TOKEN, minReconnectDelay: 50, maxReconnectDelay: 300 };
const client = new Centrifuge(url, options);
const subscription = client.newSubscription(channel, { minResubscribeDelay: 50, maxResubscribeDelay: 300 });
client.on('connecting', ({ code, reason }) => console.log(`connecting ${code} ${reason}`));
client.on('disconnected', ({ code }) => console.log(`disconnected ${code}`));
subscription.on('subscribing', ({ code, reason }) => console.log(`subscribing ${code} ${reason}`));
subscription.on('subscribed', ({ wasRecovering, recovered }) => console.log(`subscribed ${wasRecovering ? `recovered=${recovered}` : 'anew'}`));
subscription.on('unsubscribed', ({ code }) => console.log(`unsubscribed ${code}`));
subscription.on('publication', ({ data }) => console.log(`heard ${JSON.stringify(data)}`));
subscription.subscribe();
client.connect();
