//! Hydrates the islands in the browser, and nothing else.
//!
//! It never names `App`: a reference to it would pull every page into the module. Linking the
//! crate `app` is enough, because each island exports a function that the page's script calls.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script as soon as the module is loaded, before the islands are hydrated.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
