// What the Go client does, and has to see.
package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

// world is what a job knows: its format, and a channel of its own.
type world struct {
	format, channel string
}

var jobs = []struct {
	name string
	do   func(world)
}{
	{"exchange: both hear each other, and the past and who is there are known", exchange},
	{"cut: what was missed comes once and in order", cut},
	{"joins: who comes and goes is told", joins},
	{"bytes: data that is no JSON arrives as it went", bytes},
	{"refused: rights are those of the namespace", refused},
	{"closed: a subscription token opens a channel, and is renewed", closed},
	{"renewed: a token ends and is renewed without a new connection", renewed},
	{"granted: the server subscribes its clients", granted},
}

func (w world) client(node int, config centrifuge.Config) *centrifuge.Client {
	config.MinReconnectDelay = 20 * time.Millisecond
	url := urls[node%len(urls)]
	client := centrifuge.NewJsonClient(url, config)
	if w.format == "protobuf" {
		client = centrifuge.NewProtobufClient(url, config)
	}
	check(client.Connect())
	return client
}

func (w world) user(user string, node int) *centrifuge.Client {
	return w.client(node, centrifuge.Config{Token: token(map[string]any{"sub": user})})
}

// heard collects what happens.
type heard[T any] struct {
	mutex sync.Mutex
	all   []T
}

func (h *heard[T]) add(one T) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.all = append(h.all, one)
}

func (h *heard[T]) is(expected ...T) func() bool {
	return func() bool {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		return reflect.DeepEqual(h.all, expected)
	}
}

func (h *heard[T]) count() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.all)
}

func eventually(what string, done func() bool) {
	until := time.Now().Add(10 * time.Second)
	for !done() {
		if time.Now().After(until) {
			panic("not in time: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// subscribe returns what the subscription hears, and each time it began.
func subscribe(client *centrifuge.Client, channel string, config centrifuge.SubscriptionConfig) (
	*centrifuge.Subscription, *heard[string], *heard[centrifuge.SubscribedEvent],
) {
	data, begun := &heard[string]{}, &heard[centrifuge.SubscribedEvent]{}
	subscription, err := client.NewSubscription(channel, config)
	check(err)
	subscription.OnPublication(func(it centrifuge.PublicationEvent) { data.add(string(it.Data)) })
	subscription.OnSubscribed(begun.add)
	check(subscription.Subscribe())
	eventually("subscribed to "+channel, func() bool { return begun.count() == 1 })
	return subscription, data, begun
}

func publish(subscription *centrifuge.Subscription, data string) {
	_, err := subscription.Publish(context.Background(), []byte(data))
	check(err)
}

func expect(what string, holds bool, seen any) {
	if !holds {
		panic(fmt.Sprintf("%s: %+v", what, seen))
	}
}

func exchange(w world) {
	one, two := w.user("u1", 0), w.user("u2", 1)
	defer one.Close()
	defer two.Close()
	first, data, _ := subscribe(one, w.channel, centrifuge.SubscriptionConfig{})
	second, _, _ := subscribe(two, w.channel, centrifuge.SubscriptionConfig{})
	publish(first, `{"n":0}`)
	publish(second, `{"n":1}`)
	eventually("both", data.is(`{"n":0}`, `{"n":1}`))
	ctx := context.Background()
	eventually("both are present", func() bool {
		present, err := first.Presence(ctx)
		check(err)
		stats, err := first.PresenceStats(ctx)
		check(err)
		return len(present.Clients) == 2 && stats.NumClients == 2 && stats.NumUsers == 2
	})
	page, err := first.History(ctx, centrifuge.WithHistoryLimit(1), centrifuge.WithHistoryReverse(true))
	check(err)
	expect("the newest", len(page.Publications) == 1 && string(page.Publications[0].Data) == `{"n":1}`, page)
	publication := page.Publications[0]
	expect("its publisher", publication.Info != nil && publication.Info.User == "u2", publication)
	_, err = one.RPC(ctx, "nothing", []byte("{}"))
	expect("no method", code(err) == 108, err)
}

func cut(w world) {
	one, two := w.user("u1", 0), w.user("u2", 1)
	defer one.Close()
	defer two.Close()
	_, data, begun := subscribe(one, w.channel, centrifuge.SubscriptionConfig{})
	second, _, _ := subscribe(two, w.channel, centrifuge.SubscriptionConfig{})
	expected := []string{"0"}
	publish(second, "0")
	eventually("the first", data.is("0"))
	check(one.Disconnect())
	for n := 1; n <= 20; n++ {
		publish(second, fmt.Sprint(n))
		expected = append(expected, fmt.Sprint(n))
	}
	check(one.Connect())
	eventually("what was missed", data.is(expected...))
	again := begun.all[1]
	expect("recovered", again.WasRecovering && again.Recovered, again)
}

func joins(w world) {
	one, two := w.user("u1", 0), w.user("u2", 1)
	defer one.Close()
	defer two.Close()
	came, left := &heard[string]{}, &heard[string]{}
	subscription, err := one.NewSubscription(w.channel, centrifuge.SubscriptionConfig{JoinLeave: true})
	check(err)
	subscription.OnJoin(func(it centrifuge.JoinEvent) { came.add(it.User) })
	subscription.OnLeave(func(it centrifuge.LeaveEvent) { left.add(it.User) })
	check(subscription.Subscribe())
	eventually("it hears of itself", came.is("u1"))
	other, _, _ := subscribe(two, w.channel, centrifuge.SubscriptionConfig{})
	eventually("u2 came", came.is("u1", "u2"))
	check(other.Unsubscribe())
	eventually("u2 left", left.is("u2"))
}

func bytes(w world) {
	client := w.user("u1", 0)
	defer client.Close()
	subscription, data, _ := subscribe(client, w.channel, centrifuge.SubscriptionConfig{})
	_, err := subscription.Publish(context.Background(), []byte("no JSON \x00\xff"))
	if w.format == "json" {
		expect("it is refused", err != nil, err)
		return
	}
	check(err)
	eventually("the bytes", data.is("no JSON \x00\xff"))
	page, err := subscription.History(context.Background(), centrifuge.WithHistoryLimit(1))
	check(err)
	expect("the past", string(page.Publications[0].Data) == "no JSON \x00\xff", page)
}

func refused(w world) {
	client := w.user("u1", 0)
	defer client.Close()
	for channel, expected := range map[string]uint32{"closed:" + w.format: 103, "nowhere:" + w.format: 102} {
		over := make(chan uint32, 1)
		subscription, err := client.NewSubscription(channel)
		check(err)
		subscription.OnUnsubscribed(func(it centrifuge.UnsubscribedEvent) { over <- it.Code })
		check(subscription.Subscribe())
		got := <-over
		expect(channel, got == expected, got)
	}
}

func closed(w world) {
	client := w.user("u1", 0)
	defer client.Close()
	asked := &heard[string]{}
	name := "closed:go-" + w.format
	_, _, begun := subscribe(client, name, centrifuge.SubscriptionConfig{
		GetToken: func(it centrifuge.SubscriptionTokenEvent) (string, error) {
			asked.add(it.Channel)
			end := time.Now().Add(2 * time.Second).Unix()
			return token(map[string]any{"sub": "u1", "channel": it.Channel, "exp": end}), nil
		},
	})
	eventually("it asked again", func() bool { return asked.count() >= 2 })
	expect("one subscription", begun.count() == 1, begun.count())
}

func renewed(w world) {
	asked, connected := &heard[int]{}, &heard[int]{}
	client := w.client(0, centrifuge.Config{GetToken: func(centrifuge.ConnectionTokenEvent) (string, error) {
		asked.add(1)
		return token(map[string]any{"sub": "u1", "exp": time.Now().Add(2 * time.Second).Unix()}), nil
	}})
	defer client.Close()
	client.OnConnected(func(centrifuge.ConnectedEvent) { connected.add(1) })
	eventually("it asked again", func() bool { return asked.count() >= 2 })
	expect("one connection", connected.count() <= 1 && client.State() == centrifuge.StateConnected, connected.count())
}

func granted(w world) {
	config := centrifuge.Config{Token: token(map[string]any{"sub": "u1", "channels": []string{w.channel}})}
	client := w.client(0, config)
	defer client.Close()
	data := &heard[string]{}
	client.OnPublication(func(it centrifuge.ServerPublicationEvent) { data.add(it.Channel + string(it.Data)) })
	other := w.user("u2", 1)
	defer other.Close()
	ctx := context.Background()
	eventually("it is there", func() bool {
		stats, err := other.PresenceStats(ctx, w.channel)
		check(err)
		return stats.NumClients == 1
	})
	_, err := other.Publish(ctx, w.channel, []byte("7"))
	check(err)
	eventually("it is heard", data.is(w.channel+"7"))
}

// code is the code of a refusal.
func code(err error) uint32 {
	var refusal *centrifuge.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}
