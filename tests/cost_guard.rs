//! Guards against growing costs: loose bounds on ratios of figures of one run, in any build, never on absolute times.
//!
//! Each figure is the least of up to three tries: what else runs on the machine only adds to a cost.

mod cli_support;
#[macro_use]
mod support;

use cli_support::hubwire;
use serde_json::{json, Value};
use support::settings::JWT_SECRET;
use support::{action, Client, Codec, Login, Node};
use tokio::sync::Mutex;

/// Figures are taken one at a time: what else runs makes them larger.
static ALONE: Mutex<()> = Mutex::const_new(());
const TRIES: usize = 3;
/// Twice what a release build promises for an idle connection.
const BYTES_PER_CONNECTION_MAX: f64 = 2.0 * 4096.0;

/// A figure of a load on a node.
fn figure(node: &Node, scenario: &str, figure: &str, arguments: &[&str]) -> f64 {
    let (url, pid) = (node.url(), node.process.id().to_string());
    let common = ["--json", "bench", scenario, "--url", &url, "--pid", &pid, "--secret", JWT_SECRET];
    let run = hubwire(&[&common[..], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.document()[figure].as_f64().unwrap_or_else(|| panic!("no {figure}: {}", run.stdout))
}

/// Milliseconds of processor time a node used since it started.
fn cpu_ms(node: &Node) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{}/task", node.process.id())).unwrap();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<u64>() / 1_000_000
}

/// Waits until a node did what it had to do: what is left would count as the cost of what is measured next.
async fn at_rest(node: &Node) {
    let mut before = 0;
    assert_eventually!(
        {
            let now = cpu_ms(node);
            let used = now - std::mem::replace(&mut before, now);
            used <= 2
        },
        "the node is at rest"
    );
}

/// Microseconds of the node's processor time per delivery to `members` of one channel.
fn delivery(node: &Node, members: &str, messages: &str, window: &str) -> f64 {
    let load = ["--connections", members, "--messages", messages, "--window", window];
    figure(node, "fanout", "cpu_us_per_delivery", &load)
}

/// Tries until `cost` is at most `bound` times `base`, by the least of each seen so far.
fn assert_ratio(what: &str, bound: f64, mut base: impl FnMut() -> f64, mut cost: impl FnMut() -> f64) {
    let (mut least_base, mut least_cost) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TRIES {
        least_base = least_base.min(base());
        least_cost = least_cost.min(cost());
        println!("{what}: {least_cost:.2} against {least_base:.2}, at most {bound} times as much");
        if least_cost <= bound * least_base {
            return;
        }
    }
    panic!("{what}: {least_cost:.2} is more than {bound} times {least_base:.2}");
}

#[tokio::test]
async fn deliveries_are_written_together_under_load_and_cost_the_same_in_large_channels() {
    let _alone = ALONE.lock().await;
    let node = Node::start("n1", None).await;
    let alone = || delivery(&node, "1000", "10", "1");
    assert_ratio("64 publications in flight against one", 0.7, alone, || delivery(&node, "1000", "64", "64"));
    let small = || delivery(&node, "100", "60", "1");
    assert_ratio("1000 members against 100", 2.0, small, alone);
}

#[tokio::test]
async fn a_direct_message_costs_the_same_beside_ten_thousand_idle_organisations_and_channels() {
    let _alone = ALONE.lock().await;
    let (node, busy) = (Node::start("n1", None).await, Node::start("n2", None).await);
    let mut idle = Vec::new();
    for session in 0..100 {
        let org = |index: usize| format!("o{session}-{index}");
        let login = (0..100).fold(Login::user(&format!("u{session}")), |login, index| login.org(&org(index), &[], &[]));
        let mut client = Client::connect(&busy.url(), Codec::Msgpack, &login).await;
        for half in [0..50, 50..100] {
            let joins = half.map(|index| {
                let channel = format!("ch:{}/x", org(index));
                action::control_at(&channel, "@@hub/join", json!({ "presence": false }))
            });
            client.send(&Value::from_iter(joins)).await;
        }
        client.fence().await;
        idle.push(client);
    }
    at_rest(&busy).await;
    let load = ["--pairs", "4", "--messages", "1000", "--window", "4"];
    let direct = |node: &Node| figure(node, "direct", "cpu_us_per_delivery", &load);
    assert_ratio("a direct message on a busy node", 2.0, || direct(&node), || direct(&busy));
}

#[tokio::test]
async fn an_idle_connection_stays_small() {
    let _alone = ALONE.lock().await;
    let mut least = f64::INFINITY;
    for _ in 0..TRIES {
        // a node of its own: one that had connections before has memory for the next ones
        let node = Node::start("n1", None).await;
        // the first connections pay for what all share
        figure(&node, "connect", "seconds", &["--connections", "200", "--rooms", "20"]);
        let load = ["--connections", "2000", "--rooms", "200"];
        least = least.min(figure(&node, "connect", "private_bytes_per_connection", &load));
        println!("{least:.0} private bytes per connection");
        if least <= BYTES_PER_CONNECTION_MAX {
            return;
        }
    }
    panic!("{least:.0} private bytes per connection");
}
