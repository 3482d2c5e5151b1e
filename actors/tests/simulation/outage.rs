//! A broker that is away for long.

use crate::nodes::Nodes;
use crate::plan::Plan;
use crate::sabotage::Sabotage;
use crate::trace::{Lines, Trace};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::LocalSet;
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_broker_that_is_away_is_not_asked_more_and_more_often() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let asked = LocalSet::new().block_on(&runtime, async {
        let trace = Rc::new(Trace::new(Lines::Hash));
        let nodes = Nodes::new(1, 1, Plan::of(1).settings(), trace, Sabotage::None);
        tokio::task::spawn_local(nodes.network.clone().run());
        nodes.start(0);
        sleep(MINUTE).await;
        let link = nodes.process(0).expect("the node runs").link.clone();
        link.cut();
        let mut asked = Vec::new();
        for _ in 0..10 {
            let before = link.asked();
            sleep(MINUTE).await;
            asked.push(link.asked() - before);
        }
        asked
    });
    println!("calls of an idle node, minute by minute: {asked:?}");
    assert!(asked.iter().all(|calls| *calls <= 600), "ten a second, and no more with time: {asked:?}");
}
