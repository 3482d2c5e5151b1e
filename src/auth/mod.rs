//! Authentication: the credentials of clients, pages and servers, and the identities that they prove.

pub mod api_key;
pub mod claims;
mod cookie;
pub mod cookies;
pub mod credentials;
pub mod dev;
mod gorilla;
pub mod jwt;
pub mod origin;
pub mod query;
pub mod ticket;
