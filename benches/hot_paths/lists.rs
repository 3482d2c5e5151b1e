//! The lists of the server API on a node with 100,000 entries: a page of a hundred costs a look at each of them.

use super::fan_out::Rig;
use criterion::Criterion;
use hubwire_actors::outbox::Incoming;
use hubwire_actors::words::status::ChannelFilter;
use hubwire_protocol::Address;
use std::hint::black_box;

/// Sessions of the node, each in as many channels of its own.
const SESSIONS: usize = 1000;
const CHANNELS: usize = 100;
/// Users in one channel.
const MEMBERS: usize = 100_000;

fn join(channel: &str) -> Incoming {
    let hub = format!(r#"{{"to":"{channel}","id":"j"}}"#);
    Incoming::Text(format!(r#"{{"type":"@@hub/join","payload":{{"presence":false}},"meta":{{"hub":{hub}}}}}"#).into())
}

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lists");
    group.sample_size(20);
    let system = actix::System::new();
    let own = |session| (0..CHANNELS).map(|n| join(&format!("ch:acme/room/{session}/{n}"))).collect();
    let rig = system.block_on(Rig::start_with(SESSIONS, own));
    let after: Address = "ch:acme/room/5".parse().expect("it is an address");
    let filter = ChannelFilter { org: None, prefix: String::new(), after: Some(after), limit: 101 };
    group.bench_function("page_of_100000_channels", |bencher| {
        bencher.iter(|| {
            let page = system.block_on(rig.node.channels(filter.clone()));
            assert_eq!(page.len(), 101);
            black_box(page)
        })
    });
    drop(rig);
    let system = actix::System::new();
    let hall = "ch:acme/hall";
    let rig = system.block_on(Rig::start_with(MEMBERS, |_| vec![join(hall)]));
    let hall: Address = hall.parse().expect("it is an address");
    group.bench_function("page_of_a_channel_with_100000_users", |bencher| {
        bencher.iter(|| {
            let page = rig.node.members_page(hall.clone(), None, 100);
            let page = system.block_on(page).expect("the broker in memory answers");
            assert_eq!((page.users.len(), page.count), (100, MEMBERS));
            black_box(page)
        })
    });
    group.finish();
}
