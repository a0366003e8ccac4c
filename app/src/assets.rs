//! The names under which the static files are served.

use std::sync::Arc;

/// File names with their hashes, as the build wrote them, relative to the site's root and without a
/// leading slash. The server puts one into Leptos' context of every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// What the script and the module in `pkg/` are called, without `.js` and `.wasm`.
    pub output_name: Arc<str>,
    /// The stylesheet.
    pub css: Arc<str>,
    /// The sprite with all icons.
    pub icons: Arc<str>,
}

impl Default for Assets {
    /// The names without hashes, for tests and pictures.
    fn default() -> Self {
        Self { output_name: "gannet".into(), css: "gannet.css".into(), icons: "icons.svg".into() }
    }
}
