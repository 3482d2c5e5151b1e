//! A set of a few elements in one allocation of its exact size. A session keeps its sets for its whole life, and a node
//! of a `BTreeSet` has room for eleven.

use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::fmt;

/// A sorted set, for numbers of elements as a person would list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<T>", bound(deserialize = "T: Ord + Deserialize<'de>"))]
pub struct SmallSet<T>(Box<[T]>);

impl<T> SmallSet<T> {
    /// In ascending order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it contains the element.
    pub fn contains<Q: Ord + ?Sized>(&self, wanted: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.iter().any(|one| one.borrow() == wanted)
    }
}

impl<T: Ord> From<Vec<T>> for SmallSet<T> {
    fn from(mut elements: Vec<T>) -> Self {
        elements.sort_unstable();
        elements.dedup();
        SmallSet(elements.into())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SmallSet<T> {
    fn from(elements: [T; N]) -> Self {
        Vec::from(elements).into()
    }
}

impl<T: Ord> FromIterator<T> for SmallSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        elements.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> Default for SmallSet<T> {
    fn default() -> Self {
        SmallSet(Box::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for SmallSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set_in_ascending_order() {
        let set: SmallSet<u8> = [3, 1, 3, 2].into();
        assert_eq!(format!("{set:?}"), "{1, 2, 3}");
        assert_eq!((set.len(), set.is_empty(), set.contains(&2), set.contains(&4)), (3, false, true, false));
        let read: SmallSet<u8> = serde_json::from_str("[2, 1, 1, 3]").unwrap();
        assert_eq!(read, set);
        assert_eq!(serde_json::to_string(&set).unwrap(), "[1,2,3]");
    }
}
