//! The macro that declares options.

/// Declares a section: its typed struct, its [`SectionSpec`](super::SectionSpec), and its reader.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:literal $section:ident {
            $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:literal, $kind:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $section {
            $($(#[doc = $doc])+ pub $key: $type,)+
        }

        impl $section {
            pub(super) const SPEC: $crate::config::option::SectionSpec = $crate::config::option::SectionSpec {
                name: $name,
                doc: concat!($($about, "\n"),+),
                options: &[$(section!(@option $name, $key, $type, $default, $kind, $($doc)+)),+],
            };

            /// `None` if a value is invalid; the resolver then has all errors.
            pub(super) fn read(resolver: &mut $crate::config::resolver::Resolver) -> Option<Self> {
                $(let $key = resolver.read::<$type>(
                    const { &section!(@option $name, $key, $type, $default, $kind, $($doc)+) },
                );)+
                Some($section { $($key: $key?),+ })
            }
        }
    };
    (@option $name:literal, $key:ident, $type:ty, $default:literal, $kind:expr, $($doc:literal)+) => {
        $crate::config::option::OptionSpec {
            section: $name,
            key: stringify!($key),
            kind: $kind,
            default: $default,
            doc: concat!($($doc, "\n"),+),
            secret: <$type as $crate::config::value::Value>::SECRET,
        }
    };
}
pub(super) use section;
