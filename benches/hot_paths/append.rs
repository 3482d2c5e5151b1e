//! Appending to a stream of the backend in memory, which is full: the oldest entry goes.

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use futures_util::FutureExt;
use hubwire_actors::backend::memory::MemoryCluster;
use hubwire_actors::backend::{Append, IdempotencyKey, Retention};
use hubwire_actors::environment::Environment;
use std::time::Duration;
use tokio::sync::mpsc;

pub fn bench(criterion: &mut Criterion) {
    let environment = Environment::real();
    let (sender, _events) = mpsc::channel(16);
    let backend = MemoryCluster::new(environment.clone()).node(environment.incarnation(), sender);
    let stream = "ch:acme/order/1842".parse().unwrap();
    let append = Append {
        stream,
        envelope: Bytes::from(vec![b'x'; 200]),
        nonce: environment.nonce(),
        idempotency: None,
        retention: Retention { count: 1000, age: Duration::from_secs(3600), bytes: 1 << 24 },
    };
    // the memory backend is done when it returns
    let run = |append: Append| backend.append(append).now_or_never().unwrap().unwrap();
    let mut group = criterion.benchmark_group("append_in_memory");
    group.throughput(Throughput::Elements(1));
    group.bench_function("plain", |bencher| bencher.iter(|| run(append.clone())));
    let mut count = 0_u64;
    group.bench_function("with_an_id", |bencher| {
        bencher.iter(|| {
            count += 1;
            let key = IdempotencyKey {
                key: format!("device|{count}"),
                window: Duration::from_secs(1),
                digest: Some(count),
                ts: 1,
            };
            run(Append { idempotency: Some(key), ..append.clone() })
        });
    });
    group.finish();
}
