//! The document around every page.

use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{Assets, page::theme_of, routes::App};

/// The whole document.
pub(crate) fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Parts>().map(|parts| theme_of(&parts)).unwrap_or_default();
    let assets = use_context::<Assets>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        // The islands read the sprite's name from here: in the browser there is nobody to ask.
        <html lang="en" dir="ltr" data-theme=theme.as_str() data-icons=assets.icons.to_string()>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover"
                />
                <link rel="stylesheet" href=format!("/{}", assets.css) />
                <link rel="icon" href="/favicon.ico" sizes="32x32" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
