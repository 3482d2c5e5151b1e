//! The backend of a single node: everything in memory.
