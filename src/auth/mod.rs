//! Who may connect: the credentials clients, pages and servers bring, and what they prove.

pub mod origin;
