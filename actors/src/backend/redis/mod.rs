//! The backend of a cluster: Redis.

pub mod plain;
