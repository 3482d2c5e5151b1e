//! Methods that the application's servers can call on this session.

use futures_util::future::BoxFuture;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Handles a call: returns a result, or an error in a format of the application.
pub(crate) type Method = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, Value>> + Send + Sync>;

/// The served methods; of several with the same name, the newest handles a call.
#[derive(Default)]
pub(crate) struct Served(Mutex<Methods>);

#[derive(Default)]
struct Methods {
    last: u64,
    by_name: HashMap<String, Vec<(u64, Method)>>,
}

impl Served {
    /// Adds a method; returns the id by which it is removed.
    pub fn add(&self, name: &str, method: Method) -> u64 {
        let mut methods = self.lock();
        methods.last += 1;
        let id = methods.last;
        methods.by_name.entry(name.to_owned()).or_default().push((id, method));
        id
    }

    /// Removes a method.
    pub fn remove(&self, id: u64) {
        self.lock().by_name.retain(|_, methods| {
            methods.retain(|(known, _)| *known != id);
            !methods.is_empty()
        });
    }

    /// The method that handles calls of this name.
    pub fn method(&self, name: &str) -> Option<Method> {
        self.lock().by_name.get(name)?.last().map(|(_, method)| method.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Methods> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
