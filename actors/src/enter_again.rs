//! Enters many members or sessions at the broker again after it may have lost data: some at a time, and each until the
//! broker has accepted it.

use crate::backend::{BackendError, Reply};
use crate::context::Context;
use crate::retry;
use actix::prelude::*;
use futures_util::future::join_all;

/// Entered in parallel.
const STEP: usize = 64;

/// An actor with entries at the broker.
pub trait EnterAgain: Actor<Context = Context<Self>> {
    /// What is entered.
    type Item: 'static;
    /// The broker's answer.
    type Entered: 'static;

    /// Enters one item.
    fn enter_again(&self, item: &Self::Item) -> Reply<Self::Entered>;

    /// Handles the answer for one item. Returns the item if it has to be entered once more.
    fn entered_again(
        &mut self,
        item: Self::Item,
        answer: Result<Self::Entered, BackendError>,
        ctx: &mut Context<Self>,
    ) -> Option<Self::Item>;

    /// Called when all items were entered.
    fn all_entered(&mut self, ctx: &mut Context<Self>);
}

/// Enters all of `lost`, then calls [`EnterAgain::all_entered`].
pub fn enter_again<A: EnterAgain>(actor: &mut A, mut lost: Vec<A::Item>, ctx: &mut Context<A>) {
    let step = lost.split_off(lost.len().saturating_sub(STEP));
    if step.is_empty() {
        return actor.all_entered(ctx);
    }
    let answers = join_all(step.iter().map(|item| actor.enter_again(item)));
    ctx.spawn(answers.into_actor(actor).map(move |answers, actor, ctx| {
        let answered = step.into_iter().zip(answers);
        let failed: Vec<A::Item> =
            answered.filter_map(|(item, answer)| actor.entered_again(item, answer, ctx)).collect();
        if failed.is_empty() {
            return enter_again(actor, lost, ctx);
        }
        lost.extend(failed);
        ctx.run_later(retry::SOON, move |actor, ctx| enter_again(actor, lost, ctx));
    }));
}
