//! Runs scenarios on stacks.

/// One module of tests: these scenarios on this stack with this codec.
macro_rules! on_stack {
    ($module:ident, $stack:ident, $codec:ident, $($scenario:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $scenario() {
                    let cluster = crate::support::Cluster::start(crate::support::Stack::$stack).await;
                    super::$scenario(&cluster, crate::support::Codec::$codec).await;
                }
            )+
        }
    };
}

/// Both codecs, on a single node and on three nodes.
macro_rules! on_every_stack {
    ($($scenario:ident),+ $(,)?) => {
        on_stack!(memory_json, Memory, Json, $($scenario),+);
        on_stack!(memory_msgpack, Memory, Msgpack, $($scenario),+);
        on_stack!(redis_json, Redis, Json, $($scenario),+);
        on_stack!(redis_msgpack, Redis, Msgpack, $($scenario),+);
    };
}

/// Both codecs, through HAProxy in front of three nodes.
macro_rules! behind_haproxy {
    ($($scenario:ident),+ $(,)?) => {
        on_stack!(balanced_json, Balanced, Json, $($scenario),+);
        on_stack!(balanced_msgpack, Balanced, Msgpack, $($scenario),+);
    };
}
