//! The backend of a cluster: Redis.
