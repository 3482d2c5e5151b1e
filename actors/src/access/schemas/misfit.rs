//! Where and why a payload does not match its schema.

use boon::{ErrorKind, ValidationError};
use std::borrow::Cow;

/// The first fault of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Its place in the payload, a JSON Pointer (RFC 6901); empty: the payload itself.
    pub path: String,
    /// What the schema requires there. It may be logged, because it contains nothing of the payload.
    pub reason: String,
}

impl Misfit {
    pub(super) fn of(error: &ValidationError<'_, '_>) -> Self {
        let error = innermost(error);
        let mut path = error.instance_location.to_string();
        if let ErrorKind::AdditionalProperties { got } = &error.kind {
            if let Some(name) = got.first() {
                path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            }
        }
        Misfit { path, reason: reason(&error.kind).into_owned() }
    }
}

/// The first fault at the lowest level. The descent ends at alternatives (`anyOf`, `oneOf`), because no single branch
/// is at fault there.
fn innermost<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> &'e ValidationError<'s, 'v> {
    let passes_on = matches!(
        error.kind,
        ErrorKind::Group | ErrorKind::Schema { .. } | ErrorKind::Reference { .. } | ErrorKind::AllOf
    );
    match error.causes.first().filter(|_| passes_on) {
        Some(cause) => innermost(cause),
        None => error,
    }
}

fn reason(kind: &ErrorKind<'_, '_>) -> Cow<'static, str> {
    use ErrorKind::*;
    let named = |keyword: &str| Cow::from(format!("does not match `{keyword}`"));
    match kind {
        Type { got, want } => {
            let want: Vec<String> = want.iter().map(|it| it.to_string()).collect();
            format!("is {got}, but has to be {}", want.join(" or ")).into()
        }
        Required { want } => format!("lacks {}", want.join(", ")).into(),
        Dependency { missing, .. } | DependentRequired { missing, .. } => {
            format!("lacks {}, which another property requires", missing.join(", ")).into()
        }
        AdditionalProperties { .. } => "is a property that is not allowed".into(),
        AdditionalItems { .. } => "has more items than are allowed".into(),
        FalseSchema => "is not allowed".into(),
        Minimum { want, .. } => format!("has to be at least {want}").into(),
        Maximum { want, .. } => format!("has to be at most {want}").into(),
        ExclusiveMinimum { want, .. } => format!("has to be more than {want}").into(),
        ExclusiveMaximum { want, .. } => format!("has to be less than {want}").into(),
        MultipleOf { want, .. } => format!("has to be a multiple of {want}").into(),
        MinLength { want, .. } => format!("is shorter than {want} characters").into(),
        MaxLength { want, .. } => format!("is longer than {want} characters").into(),
        MinItems { want, .. } => format!("has fewer than {want} items").into(),
        MaxItems { want, .. } => format!("has more than {want} items").into(),
        MinProperties { want, .. } => format!("has fewer than {want} properties").into(),
        MaxProperties { want, .. } => format!("has more than {want} properties").into(),
        Format { want, .. } => format!("is not a valid `{want}`").into(),
        UniqueItems { .. } => named("uniqueItems"),
        Pattern { .. } => named("pattern"),
        Enum { .. } => named("enum"),
        Const { .. } => named("const"),
        PropertyName { .. } => named("propertyNames"),
        Contains | MinContains { .. } | MaxContains { .. } => named("contains"),
        ContentEncoding { .. } => named("contentEncoding"),
        ContentMediaType { .. } => named("contentMediaType"),
        ContentSchema => named("contentSchema"),
        Not => named("not"),
        AnyOf => named("anyOf"),
        OneOf(_) => named("oneOf"),
        AllOf => named("allOf"),
        RefCycle { .. } => "cannot be checked: the schema refers to itself without end".into(),
        Group | Schema { .. } | Reference { .. } => "does not match".into(),
    }
}
