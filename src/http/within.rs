//! A whole number within bounds that are part of its type.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// From `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Within<const MIN: u64, const MAX: u64>(u64);

/// Most entries of a page.
pub type PageSize = Within<1, 100>;

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    /// The nearest number within the bounds.
    pub fn nearest(number: u64) -> Self {
        Within(number.clamp(MIN, MAX))
    }

    /// The greatest number.
    pub fn most() -> Self {
        Within(MAX)
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a `usize`.
    pub fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        match (MIN..=MAX).contains(&number) {
            true => Ok(Within(number)),
            false => Err(D::Error::custom(format_args!("{number} is not between {MIN} and {MAX}"))),
        }
    }
}

#[cfg(feature = "schema")]
impl<const MIN: u64, const MAX: u64> schemars::JsonSchema for Within<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("From{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}
