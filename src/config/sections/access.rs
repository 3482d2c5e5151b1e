//! Options of what a user may do and how often it may be connected.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// Authorisation: which clients may do what, and where.
    "access" Access {
        /// The rules: `ROLE… may [not] CAPABILITY… on ADDRESS PATTERN…` (docs/access.md). What no rule allows is
        /// denied; a rule with `not` wins over all that allow. The default is the starter set: members use the channels
        /// of their organisations, teams are for their members, owners and admins publish to the whole organisation.
        rules: Vec<String> = "member may join read publish presence on ch:{org}/**,\
            member may read on org:{org},\
            member may read publish on team:{org}/{team},\
            owner admin may publish presence on org:{org} team:{org}/*,\
            anyone may join read on ch:system/**,\
            anyone may read on org:system,\
            anyone may direct presence on user:*,\
            anyone may direct on session:*", RULES;
        /// Which action types clients may send to which addresses: `allow TYPE… on ADDRESS PATTERN…` or `deny …`, `*`
        /// for every address. The first rule that fits decides; a type that no rule names is allowed. The default keeps
        /// internals of Redux and its companions from coming in from other users' machines.
        types: Vec<String> = "deny @@* persist/* redux* auth/* on *", TYPE_RULES;
        /// Which JSON Schema the payloads of clients' actions have to fit (docs/access.md): `TYPE… on ADDRESS PATTERN…
        /// as FILE`, `*` for every address, `FILE#/$defs/NAME` for a part of a file. The first rule that fits decides;
        /// a type that no rule names may carry anything. What does not fit is refused with `schema_mismatch`.
        schemas: Vec<String> = "", SCHEMA_RULES;
        /// Further files that those schemas refer to. Nothing else is read for a `$ref`, and nothing is fetched.
        schema_files: Vec<String> = "", PATHS;
        /// Which users a client may write to, beside what the rules say. `anyone`; `same_org`: users who were in one of
        /// the client's organisations at their latest login (`system`, which everybody is in, does not count), and no
        /// `session:` addresses; `none`; `contacts`: users that both want it (needs `people.enabled`, docs/people.md),
        /// and no `session:` addresses. A user that does not exist is refused like one out of reach. Every node needs
        /// the same value.
        direct: Direct = "anyone", Kind::Choice(Direct::WORDS);
        /// Which users a client may ask about whether they are online (`@@hub/presence` at a `user:` address): as in
        /// `direct`, without `contacts`.
        user_presence: Reach = "anyone", Kind::Choice(Reach::WORDS);
    }
}

section! {
    /// How many sessions a user may have.
    "sessions" Sessions {
        /// Sessions of one user on all nodes together. 0: no limit; then one user can fill a node, and the broker looks
        /// at all of a user's sessions for each message.
        max_sessions: usize = "32", count(0, 1_000_000);
        /// Over the limit: `close_oldest` closes the oldest with 4409, `reject_new` refuses the new one with 4413.
        on_excess: OnExcess = "close_oldest", Kind::Choice(OnExcess::WORDS);
    }
}

choice! {
    /// Which users a user may write to.
    Direct {
        /// All of them.
        Anyone = "anyone",
        /// Those of the own organisations.
        SameOrg = "same_org",
        /// Those that are its contacts.
        Contacts = "contacts",
        /// None of them.
        None = "none",
    }
}

choice! {
    /// Which users a user may reach.
    Reach {
        /// All of them.
        Anyone = "anyone",
        /// Those of the own organisations.
        SameOrg = "same_org",
        /// None of them.
        None = "none",
    }
}

choice! {
    /// Which session ends when a user has too many.
    OnExcess {
        /// The oldest session is closed.
        CloseOldest = "close_oldest",
        /// The new session is refused.
        RejectNew = "reject_new",
    }
}
