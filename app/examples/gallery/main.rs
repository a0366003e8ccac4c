//! Every page as a file, with sample data, to be looked at without a server:
//!
//! ```text
//! cargo run -p app --features ssr --example gallery -- target/gallery
//! ```
//!
//! The pages are made by the very router that the server uses; only the use cases behind it are
//! samples. Open the files over any static file server.

mod billing;
mod people;
mod sample;
mod shots;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{Assets, routes};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use leptos::prelude::*;
use tower::ServiceExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned()));
    fs::create_dir_all(&folder)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(folder.join("gannet.css"), stylesheet(&root)?)?;
    for file in ["icons.svg", "favicon.svg", "favicon.ico"] {
        fs::copy(root.join("public").join(file), folder.join(file))?;
    }
    for &(name, guest, address) in shots::SHOTS {
        let guest = guest();
        let provide = {
            let backend = guest.backend.clone();
            move || {
                provide_context(backend.clone());
                provide_context(Assets::default());
            }
        };
        let options = LeptosOptions::builder().output_name("gannet").build();
        let mut request = Request::get(address).body(Body::empty())?;
        request.extensions_mut().insert(guest.cx);
        request.extensions_mut().insert(guest.form);
        request.extensions_mut().extend(guest.also);
        let answer = routes(options, Arc::new(provide)).oneshot(request).await?;
        let status = answer.status();
        let page = to_bytes(answer.into_body(), 1 << 20).await?;
        println!("{name}: {status}, {} bytes", page.len());
        fs::write(folder.join(format!("{name}.html")), page)?;
    }
    Ok(())
}

/// The stylesheet as the build puts it together, unminified.
fn stylesheet(root: &Path) -> Result<String, Box<dyn Error>> {
    let style = root.join("style");
    let order = fs::read_to_string(style.join("order.txt"))?;
    let mut css = String::new();
    for name in order.lines().filter(|name| !name.is_empty()) {
        css.push_str(&fs::read_to_string(style.join(name))?);
    }
    Ok(css)
}
