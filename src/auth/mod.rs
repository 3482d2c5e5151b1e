//! Who may connect: the credentials that clients, pages and servers bring, and what they prove.

pub mod api_key;
pub mod claims;
pub mod credentials;
pub mod dev;
pub mod jwt;
pub mod origin;
pub mod query;
pub mod ticket;
