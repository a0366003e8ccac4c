//! Every component in every state, both themes side by side. Served on loopback only.

mod controls;
mod data;
mod surfaces;

use contract::ClientError;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{page::page, paths, ui::*};

/// `/styleguide`, for those who sit at the machine.
#[component]
pub(crate) fn StyleguidePage() -> impl IntoView {
    page(|visit| async move {
        if !visit.cx.ip.is_loopback() {
            return Err(ClientError::NotFound);
        }
        Ok(view! { <Styleguide /> }.into_any())
    })
}

#[component]
fn Styleguide() -> impl IntoView {
    view! {
        <Title text="Styleguide · Gannet" />
        <main class="guide" id="main">
            <header class="split">
                <PageHeader
                    title="Styleguide"
                    lead="Every component in every state. What is not here does not exist."
                />
                <ThemeSwitch current=Theme::System next=paths::STYLEGUIDE />
            </header>
            <div class="guide-themes">
                <div data-theme="light">
                    <Sheet theme=Theme::Light />
                </div>
                <div data-theme="dark">
                    <Sheet theme=Theme::Dark />
                </div>
            </div>
        </main>
    }
}

#[component]
fn Sheet(theme: Theme) -> impl IntoView {
    // Ids may stand once in a page; the sheet stands in it twice.
    let mark = theme.as_str();
    view! {
        <Specimen name="Colours">
            <Colours />
        </Specimen>
        <Specimen name="Type">
            <Type />
        </Specimen>
        <Specimen name="Icons">
            <Icons />
        </Specimen>
        <controls::Controls mark />
        <surfaces::Surfaces mark />
        <data::Data mark />
    }
}

/// One thing with its name.
#[component]
fn Specimen(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="specimen">
            <h2 class="eyebrow">{name}</h2>
            {children()}
        </section>
    }
}

#[component]
fn Colours() -> impl IntoView {
    const NAMES: [&str; 16] = [
        "sunken",
        "canvas",
        "surface",
        "raised",
        "hover",
        "line",
        "line-strong",
        "text",
        "text-muted",
        "brand",
        "brand-mid",
        "brand-soft",
        "ok",
        "warn",
        "bad",
        "focus",
    ];
    let swatches = NAMES
        .map(|name| {
            view! {
                <li>
                    <span class="swatch" data-token=name></span>
                    <small>{name}</small>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="swatches" role="list">
            {swatches}
        </ul>
    }
}

#[component]
fn Type() -> impl IntoView {
    view! {
        <div class="stack">
            <p class="hero-title">"Sealed, precise"</p>
            <h1>"First rank"</h1>
            <h2>"Second rank"</h2>
            <h3>"Third rank"</h3>
            <p>
                "Text with " <a href="#top">"a link"</a> ", " <strong>"weight"</strong> ", "
                <code>"code"</code> " and a key " <kbd>"Ctrl"</kbd> ". "
                <span class="muted">"Beside the point."</span>
            </p>
            <p class="small muted">"Small print, 12,345 figures."</p>
            <div class="cluster">
                <BrandMark />
                <Brand href="#top" />
            </div>
        </div>
    }
}

#[component]
fn Icons() -> impl IntoView {
    let icons = Glyph::ALL
        .iter()
        .map(|&glyph| {
            view! {
                <li title=glyph.id()>
                    <Icon glyph />
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="icon-sheet" role="list">
            {icons}
        </ul>
    }
}
