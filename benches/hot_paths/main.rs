//! The hot paths of a node, one by one and without sockets. `benches/README.md` says how to run and compare them.

mod access;
mod append;
mod codec;
mod fan_out;
mod frames;
mod lists;

criterion::criterion_group!(
    hot_paths,
    access::bench,
    codec::bench,
    frames::bench,
    append::bench,
    fan_out::bench,
    lists::bench
);
criterion::criterion_main!(hot_paths);
