//! A section of the configuration, declared once: the struct, its defaults, its reference.

/// A section, as it is described.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its name in TOML; empty for the keys before the first section.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static [&'static str],
    /// Its keys.
    pub(crate) keys: &'static [Key],
}

/// A key of a section, as it is described.
#[derive(Debug)]
pub(crate) struct Key {
    /// Section and name, with a point between: `server.listen`.
    pub(crate) path: &'static str,
    /// What it is for.
    pub(crate) doc: &'static [&'static str],
    /// What values it takes.
    pub(crate) expected: &'static str,
    /// The default as text; empty if nothing is set.
    pub(crate) default: &'static str,
    /// Its value is a secret, and may come from a file that `<key>_file` names.
    pub(crate) secret: bool,
    /// Tells whether a value is what is expected.
    pub(crate) takes: fn(&super::Given) -> bool,
    /// The value as it is shown.
    pub(crate) show: fn(&super::Given) -> Option<String>,
}

impl Key {
    /// The environment variable: `WATCHKEEP_SERVER__LISTEN`.
    pub(crate) fn variable(&self) -> String {
        format!("{}{}", super::PREFIX, self.path.to_uppercase().replace('.', "__"))
    }

    /// What it is for, in one line.
    pub(crate) fn about(&self) -> String {
        line(self.doc)
    }
}

/// Lines of a doc comment as one.
pub(crate) fn line(doc: &[&str]) -> String {
    doc.iter().map(|l| l.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Declares a section. The doc comments are the reference that `watchkeep config reference` prints; a default is
/// written as it would stand in the environment, and an empty one means that nothing is set. `secret` marks a value
/// that is never shown.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub(crate) struct $name:ident ($section:literal) {
            $( $(#[doc = $doc:literal])+ $key:ident ($path:literal $(, $secret:ident)?): $type:ty = $default:literal, )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name { $( $(#[doc = $doc])+ pub $key: $type, )+ }

        impl $name {
            /// The description of the section.
            pub(crate) const SECTION: $crate::config::section::Section = $crate::config::section::Section {
                name: $section,
                about: &[$($about),+],
                keys: &[ $( $crate::config::section::Key {
                    path: $path,
                    doc: &[$($doc),+],
                    expected: <$type as $crate::config::setting::Setting>::EXPECTED,
                    default: $default,
                    secret: section!(@secret $($secret)?),
                    takes: |given| <$type as $crate::config::setting::Setting>::read(given).is_some(),
                    show: |given| {
                        <$type as $crate::config::setting::Setting>::read(given)
                            .and_then(|value| $crate::config::setting::Setting::show(&value))
                    },
                }, )+ ],
            };

            /// Takes the section's values; each has been found to be what is expected.
            pub(super) fn take(of: &$crate::config::layers::Layers) -> Option<Self> {
                Some(Self { $( $key: $crate::config::setting::Setting::read(&of.value($path, $default))?, )+ })
            }
        }
    };
    (@secret secret) => { true };
    (@secret) => { false };
}
pub(crate) use section;
