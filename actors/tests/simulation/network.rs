//! One queue of scheduled tasks, in the order of the virtual clock. It outlives the nodes: what a node sent before it
//! crashed still arrives.

use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;
use tokio::sync::Notify;
use tokio::time::{timeout_at, Instant};

struct Job {
    due: Instant,
    /// What is due at one moment happens in the order in which it was asked for.
    number: u64,
    act: Box<dyn FnOnce()>,
}

/// Things that may happen at one moment. A cluster that does more than that without any time
/// passing goes round in circles.
const AT_ONCE_MAX: usize = 20_000;

/// See the module.
#[derive(Default)]
pub struct Network {
    jobs: RefCell<BinaryHeap<Reverse<Job>>>,
    number: Cell<u64>,
    changed: Notify,
    goes_in_circles: Cell<bool>,
}

impl Network {
    /// Has something done at a moment; at once when that has passed.
    pub fn at(&self, due: Instant, act: impl FnOnce() + 'static) {
        let number = self.number.get();
        self.number.set(number + 1);
        self.jobs.borrow_mut().push(Reverse(Job { due, number, act: Box::new(act) }));
        self.changed.notify_one();
    }

    /// Whether it gave up because time did not pass any more.
    pub fn goes_in_circles(&self) -> bool {
        self.goes_in_circles.get()
    }

    /// Does everything when it is due, for ever.
    pub async fn run(self: Rc<Self>) {
        let mut at_once = (Instant::now(), 0);
        while !self.goes_in_circles.get() {
            let due = self.jobs.borrow().peek().map(|Reverse(job)| job.due);
            match due {
                None => self.changed.notified().await,
                Some(due) if due > Instant::now() => {
                    let _ = timeout_at(due, self.changed.notified()).await; // either way: look again
                }
                Some(_) => {
                    let job = self.jobs.borrow_mut().pop();
                    let now = Instant::now();
                    at_once = if at_once.0 == now { (now, at_once.1 + 1) } else { (now, 1) };
                    self.goes_in_circles.set(at_once.1 > AT_ONCE_MAX);
                    if let Some(Reverse(job)) = job {
                        (job.act)();
                    }
                }
            }
        }
    }
}

impl Ord for Job {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Job {}
