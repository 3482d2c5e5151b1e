// The official Go client, unmodified, against nodes. Arguments: `jobs json` or `jobs protobuf`, whose jobs assert by themselves;
// or `follow`, the format, an address and a channel.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

var urls = strings.Split(os.Getenv("CENTRIFUGE_TEST_URLS"), ",")

func main() {
	if os.Args[1] == "follow" {
		follow(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	format := os.Args[2]
	for _, job := range jobs {
		job.do(world{format, "chat:go-" + format + "-" + strings.Fields(job.name)[0]})
		fmt.Println("ok:", job.name)
	}
	fmt.Println("all jobs done")
}

// follow says each thing the client hears on a line of its own, until it is ended.
func follow(format, url, channel string) {
	config := centrifuge.Config{
		Token:             os.Getenv("CENTRIFUGE_TEST_TOKEN"),
		MinReconnectDelay: 50 * time.Millisecond,
		MaxReconnectDelay: 300 * time.Millisecond,
	}
	client := centrifuge.NewJsonClient(url, config)
	if format == "protobuf" {
		client = centrifuge.NewProtobufClient(url, config)
	}
	client.OnConnecting(func(it centrifuge.ConnectingEvent) { fmt.Println("connecting", it.Code, it.Reason) })
	subscription, err := client.NewSubscription(channel, centrifuge.SubscriptionConfig{
		MinResubscribeDelay: 50 * time.Millisecond,
		MaxResubscribeDelay: 300 * time.Millisecond,
	})
	check(err)
	subscription.OnSubscribing(func(it centrifuge.SubscribingEvent) { fmt.Println("subscribing", it.Code, it.Reason) })
	subscription.OnSubscribed(func(it centrifuge.SubscribedEvent) {
		if it.WasRecovering {
			fmt.Printf("subscribed recovered=%v\n", it.Recovered)
		} else {
			fmt.Println("subscribed anew")
		}
	})
	subscription.OnPublication(func(it centrifuge.PublicationEvent) { fmt.Println("heard", string(it.Data)) })
	check(subscription.Subscribe())
	check(client.Connect())
	select {}
}

// token signs claims; it is good for a minute where they do not say otherwise.
func token(claims map[string]any) string {
	all := map[string]any{"exp": time.Now().Add(time.Minute).Unix()}
	maps.Copy(all, claims)
	part := func(value any) string {
		text, err := json.Marshal(value)
		check(err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]any{"alg": "HS256", "typ": "JWT"}) + "." + part(all)
	digest := hmac.New(sha256.New, []byte(os.Getenv("CENTRIFUGE_TEST_SECRET")))
	digest.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(digest.Sum(nil))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
