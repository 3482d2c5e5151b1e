//! The publications that an account admits, on one node and on several.

use super::*;

fn budgets() -> Budgets {
    Budgets {
        deliveries_per_second: 1000,
        deliveries_burst: 5000,
        user_bytes_max: 100_000,
        org_bytes_max: 150_000,
        org_sessions_max: 0,
        user_rates: Default::default(),
        org_rates: Default::default(),
        address_rates: Default::default(),
        window: Duration::from_secs(100),
    }
}

fn accounts(budgets: Budgets) -> Accounts {
    Accounts::new(budgets, &Environment::real(), Arc::new(Metrics::new().unwrap()))
}

fn payer(user: &str) -> Payer {
    Payer { user: user.parse().unwrap(), org: Some("acme".parse().unwrap()), network: None }
}

fn waits(accounts: &Accounts, user: &str, bytes: usize) -> Option<u64> {
    accounts.spend(&payer(user), bytes).err().map(|refusal| {
        assert_eq!(refusal.code, ErrorCode::RateLimited);
        refusal.retry_after_ms.expect("it says when to try again")
    })
}

#[tokio::test(start_paused = true)]
async fn who_reaches_many_is_slowed_down_and_others_are_not() {
    let accounts = accounts(budgets());
    let sent = (0..100).take_while(|_| {
        let taken = waits(&accounts, "flood", 10).is_none();
        accounts.owe("flood", if taken { 1000 } else { 0 });
        taken
    });
    assert_eq!(sent.count(), 5, "the burst");
    assert!((1..=1001).contains(&waits(&accounts, "flood", 10).unwrap()));
    assert_eq!(waits(&accounts, "other", 10), None);
    tokio::time::advance(Duration::from_millis(1001)).await;
    assert_eq!(waits(&accounts, "flood", 10), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_taken_to_cost_what_came_before() {
    let accounts = accounts(budgets());
    assert_eq!(waits(&accounts, "flood", 10), None);
    accounts.owe("flood", 1000);
    // none of these was delivered yet
    assert_eq!((0..100).filter(|_| waits(&accounts, "flood", 10).is_none()).count(), 4);
}

#[tokio::test(start_paused = true)]
async fn messages_to_few_cost_nothing_however_many() {
    let accounts = accounts(budgets());
    for _ in 0..10_000 {
        assert_eq!(waits(&accounts, "chatty", 0), None);
        accounts.owe("chatty", FREE_DELIVERIES);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_and_an_organisation_store_no_more_than_they_may() {
    let accounts = accounts(budgets());
    assert_eq!((0..20).filter(|_| waits(&accounts, "a", 10_000).is_none()).count(), 10);
    assert_eq!((0..20).filter(|_| waits(&accounts, "b", 10_000).is_none()).count(), 5, "the organisation's end");
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!((0..20).filter(|_| waits(&accounts, "a", 10_000).is_none()).count(), 1, "a tenth of the window");
    let elsewhere = Payer { user: "b".parse().unwrap(), org: None, network: None };
    assert!(accounts.spend(&elsewhere, 10_000).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_begins_costs_more_than_its_content() {
    let accounts = accounts(budgets());
    let streams = (0..1000).take_while(|_| {
        let taken = waits(&accounts, "a", 2).is_none();
        accounts.began(&payer("a"), 1);
        taken
    });
    assert_eq!(streams.count(), 25);
}

#[tokio::test(start_paused = true)]
async fn what_other_nodes_stored_counts() {
    let accounts = accounts(budgets());
    assert_eq!(accounts.deposits(), vec![]);
    assert_eq!(waits(&accounts, "a", 2000), None);
    let deposits = accounts.deposits();
    assert_eq!(deposits.len(), 1, "the organisation's budget is larger: {deposits:?}");
    assert_eq!((&deposits[0].holder, deposits[0].bytes), (&Holder::User("a".parse().unwrap()), 2000));
    assert_eq!(waits(&accounts, "a", 2000), None);
    let meanwhile = accounts.deposits();
    assert!(meanwhile.iter().all(|deposit| deposit.holder != deposits[0].holder), "one at a time");
    accounts.deposited(&deposits[0], Some(97_000));
    assert_eq!(waits(&accounts, "a", 1000), None, "99,000 with what the broker was not told");
    assert!(waits(&accounts, "a", 1000).is_some());
}

#[tokio::test(start_paused = true)]
async fn accounts_that_ran_dry_are_forgotten() {
    let accounts = accounts(budgets());
    assert_eq!(waits(&accounts, "a", 100), None);
    accounts.sweep();
    assert_eq!(accounts.users.borrow().len(), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    accounts.sweep();
    assert_eq!((accounts.users.borrow().len(), accounts.orgs.borrow().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn without_budgets_nothing_is_kept() {
    let off = Budgets { deliveries_per_second: 0, user_bytes_max: 0, org_bytes_max: 0, ..budgets() };
    let accounts = accounts(off);
    assert_eq!(waits(&accounts, "a", 1 << 40), None);
    assert_eq!(accounts.users.borrow().len(), 0);
}
