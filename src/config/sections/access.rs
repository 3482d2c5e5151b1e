//! Options of the access rules, and of the number of sessions per user.

use crate::config::option::Kind;
use crate::config::rules::*;
use crate::config::section::section;
use crate::config::value::choice;

section! {
    /// Authorisation: which clients may do what, and where.
    "access" Access {
        /// The rules: `ROLE… may [not] CAPABILITY… on ADDRESS PATTERN…` (docs/access.md). Anything that no rule allows
        /// is denied; a rule with `not` takes precedence over all rules that allow. The default is the starter set:
        /// members use the channels of their organisations, teams are for their members, owners and admins publish to
        /// the whole organisation.
        rules: Vec<String> = "member may join read publish presence on ch:{org}/**,\
            member may read on org:{org},\
            member may read publish on team:{org}/{team},\
            owner admin may publish presence on org:{org} team:{org}/*,\
            anyone may join read on ch:system/**,\
            anyone may read on org:system,\
            anyone may direct presence on user:*,\
            anyone may direct on session:*", RULES;
        /// Which action types clients may send to which addresses: `allow TYPE… on ADDRESS PATTERN…` or `deny …`, `*`
        /// for every address. The first rule that matches decides; a type that no rule names is allowed. The default
        /// prevents other users from sending internal actions of Redux and related libraries.
        types: Vec<String> = "deny @@* persist/* redux* auth/* on *", TYPE_RULES;
        /// JSON Schemas for the payloads of clients' actions (docs/access.md): `TYPE… on ADDRESS PATTERN… as FILE`, `*`
        /// for every address, `FILE#/$defs/NAME` for a part of a file. The first rule that matches decides; a type that
        /// no rule names may have any payload. A payload that does not conform is refused with `schema_mismatch`.
        schemas: Vec<String> = "", SCHEMA_RULES;
        /// Further files that those schemas refer to. A `$ref` never causes another file to be read or a URL to be
        /// fetched.
        schema_files: Vec<String> = "", PATHS;
        /// Which users a client may write to, in addition to the rules. `anyone`; `same_org`: users who were in one of
        /// the client's organisations at their latest login (`system`, which contains everybody, does not count), and
        /// no `session:` addresses; `contacts`: users who are mutual contacts (requires `people.enabled`,
        /// docs/people.md), and no `session:` addresses; `none`. An unknown user is refused in the same way as one that
        /// is out of reach. Every node needs the same value.
        direct: Direct = "anyone", Kind::Choice(Direct::WORDS);
        /// Which users' online state a client may query (`@@hub/presence` at a `user:` address): as for `direct`,
        /// without `contacts`.
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
