//! Light, dark, or as the device has it.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The value of the theme cookie, and of `data-theme` on `<html>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme that `word` stands for; the device's for anything else.
    pub fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word).unwrap_or_default()
    }

    const fn label(self) -> &'static str {
        match self {
            Self::System => "Theme of the device",
            Self::Light => "Light theme",
            Self::Dark => "Dark theme",
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::System => Glyph::Screen,
            Self::Light => Glyph::Sun,
            Self::Dark => Glyph::Moon,
        }
    }
}

/// Posts the choice; the answer is the same page in the new light.
#[component]
pub fn ThemeSwitch(
    /// What is in force.
    current: Theme,
    /// The page to come back to, path and query.
    #[prop(into)]
    next: String,
) -> impl IntoView {
    let buttons = Theme::ALL
        .map(|theme| {
            view! {
                <button
                    type="submit"
                    name="theme"
                    value=theme.as_str()
                    aria-pressed=(theme == current).to_string()
                    aria-label=theme.label()
                    title=theme.label()
                >
                    <Icon glyph=theme.glyph() />
                </button>
            }
        })
        .collect_view();
    view! {
        <form class="theme-switch" method="post" action=crate::paths::THEME>
            <input type="hidden" name="next" value=next />
            {buttons}
        </form>
    }
}
