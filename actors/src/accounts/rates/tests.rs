//! The accounts of rates against exact figures.

use super::*;

fn accounts() -> RateAccounts {
    let user_rates = Rates::read(["publish=100/640", "history=1/2"]).unwrap();
    let org_rates = Rates::read(["publish=200/1280"]).unwrap();
    let address_rates = Rates::read(["direct=100/640"]).unwrap();
    let budgets = Budgets { user_rates, org_rates, address_rates, ..Budgets::default() };
    RateAccounts::new(&budgets, &Environment::real())
}

fn payer(user: &str) -> Payer {
    let network = Some("192.0.2.7".parse().unwrap());
    Payer { user: user.parse().unwrap(), org: Some("acme".parse().unwrap()), network }
}

/// A broker: the levels of its accounts, each with its time.
#[derive(Default)]
struct Broker(std::collections::HashMap<String, (f64, Option<Instant>)>);

impl Broker {
    fn tell(&mut self, node: &RateAccounts) {
        let mut deposits = Vec::new();
        node.deposits(&mut deposits);
        for deposit in deposits {
            let (level, at) = self.0.entry(format!("{:?}", deposit.holder)).or_default();
            let elapsed = at.map_or(0.0, |at| at.elapsed().as_secs_f64());
            *level = (*level - elapsed * deposit.per_second).max(0.0) + deposit.bytes as f64;
            *at = Some(Instant::now());
            node.deposited(&deposit.holder, Some(*level as u64));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_actions_on_three_nodes_are_together_within_a_tenth_of_the_rate() {
    let (nodes, mut broker) = ([accounts(), accounts(), accounts()], Broker::default());
    let mut taken = 0_u32;
    // one action each 2 ms on each node: 1,500 per second
    for _ in 0..5_000 {
        for node in &nodes {
            taken += u32::from(node.take(&payer("u1"), ActionClass::Publish).is_ok());
            broker.tell(node);
        }
        tokio::time::advance(Duration::from_millis(2)).await;
    }
    let allowed = 640.0 + 10.0 * 100.0;
    let share = f64::from(taken) / allowed;
    assert!((0.9..=1.1).contains(&share), "{taken} of {allowed}");
}

#[tokio::test(start_paused = true)]
async fn a_class_an_other_user_and_an_other_organisation_have_rates_of_their_own() {
    let accounts = accounts();
    let take = |user: &str, class| accounts.take(&payer(user), class);
    while take("u1", ActionClass::Publish).is_ok() {}
    assert!(matches!(take("u1", ActionClass::Publish), Err(Exceeded::User(wait)) if wait < Duration::from_secs(1)));
    assert_eq!(take("u1", ActionClass::Presence), Ok(()), "no bound");
    assert_eq!(take("u2", ActionClass::Publish), Ok(()));
    while take("u2", ActionClass::Publish).is_ok() {}
    // the two users have used up the rate of the organisation
    assert!(matches!(take("u3", ActionClass::Publish), Err(Exceeded::Org(_))));
    assert_eq!(accounts.take(&Payer { org: None, ..payer("u3") }, ActionClass::Publish), Ok(()));
    // a broker that does not answer changes nothing
    let mut deposits = Vec::new();
    accounts.deposits(&mut deposits);
    assert!(!deposits.is_empty());
    deposits.iter().for_each(|deposit| accounts.deposited(&deposit.holder, None));
    assert!(take("u1", ActionClass::Publish).is_err());
    tokio::time::advance(Duration::from_secs(60)).await;
    accounts.sweep();
    assert!(accounts.users.buckets.borrow().is_empty() && accounts.orgs.buckets.borrow().is_empty());
}

// A hundred users behind one address used to have a hundred times what one has.
#[tokio::test(start_paused = true)]
async fn all_users_at_an_address_have_its_rate_together_whatever_their_nodes() {
    let (nodes, mut broker) = ([accounts(), accounts(), accounts()], Broker::default());
    let mut taken = 0_u32;
    for turn in 0..5_000 {
        for node in &nodes {
            taken += u32::from(node.take(&payer(&format!("u{turn}")), ActionClass::Direct).is_ok());
            broker.tell(node);
        }
        tokio::time::advance(Duration::from_millis(2)).await;
    }
    let allowed = 640.0 + 10.0 * 100.0;
    let share = f64::from(taken) / allowed;
    assert!((0.9..=1.1).contains(&share), "{taken} of {allowed}");
    let elsewhere = Payer { network: Some("192.0.2.8".parse().unwrap()), ..payer("u1") };
    assert!(matches!(nodes[0].take(&payer("u1"), ActionClass::Direct), Err(Exceeded::Address(_))));
    assert_eq!(nodes[0].take(&elsewhere, ActionClass::Direct), Ok(()));
    assert_eq!(nodes[0].take(&Payer { network: None, ..payer("u1") }, ActionClass::Direct), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cost_much_is_waited_for_but_never_longer_than_for_two_buckets() {
    let accounts = accounts();
    assert_eq!(accounts.take(&payer("u1"), ActionClass::Direct), Ok(()));
    accounts.charge(&payer("u1"), ActionClass::Direct, 700);
    let Err(Exceeded::Address(wait)) = accounts.take(&payer("u2"), ActionClass::Direct) else { panic!("no room") };
    assert_eq!(wait, Duration::from_millis(620));
    accounts.charge(&payer("u1"), ActionClass::Direct, 1_000_000);
    let Err(Exceeded::Address(wait)) = accounts.take(&payer("u2"), ActionClass::Direct) else { panic!("no room") };
    assert!(wait <= Duration::from_millis(6_410), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn other_rates_count_at_once_for_what_was_done_before() {
    let accounts = accounts();
    while accounts.take(&payer("u1"), ActionClass::Publish).is_ok() {}
    let budgets = Budgets { user_rates: Rates::read(["publish=100/6400"]).unwrap(), ..Budgets::default() };
    accounts.set(&budgets);
    assert_eq!(accounts.take(&payer("u1"), ActionClass::Publish), Ok(()));
    accounts.set(&Budgets { user_rates: Rates::read(["publish=1/64"]).unwrap(), ..budgets });
    assert!(matches!(accounts.take(&payer("u1"), ActionClass::Publish), Err(Exceeded::User(_))));
}
