//! Icons from our own sprite, and the bird.

use leptos::prelude::*;

macro_rules! glyphs {
    ($($(#[$doc:meta])* $variant:ident = $id:literal,)+) => {
        /// A picture in `public/icons.svg`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum Glyph {
            $($(#[$doc])* $variant,)+
        }

        impl Glyph {
            /// Every glyph, in the order of the sprite.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The id of its symbol in the sprite.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }
        }
    };
}

glyphs! {
    /// The overview.
    Home = "home",
    /// A bot.
    Bot = "bot",
    /// Subscribers.
    Users = "users",
    /// Groups and channels.
    Group = "group",
    /// A broadcast, or sending.
    Send = "send",
    /// Settings.
    Settings = "settings",
    /// The audit log.
    Log = "log",
    /// An account.
    Person = "person",
    /// Something new.
    Plus = "plus",
    /// Searching.
    Search = "search",
    /// Agreement.
    Check = "check",
    /// Closing.
    Close = "close",
    /// Look here before you go on.
    Warn = "warn",
    /// Good to know.
    Info = "info",
    /// It worked.
    Done = "done",
    /// It did not work.
    Failed = "failed",
    /// Onwards, within a path.
    Right = "right",
    /// More below.
    Down = "down",
    /// Onwards, to another page.
    Arrow = "arrow",
    /// To the clipboard.
    Copy = "copy",
    /// Show what is hidden.
    Eye = "eye",
    /// Hide what is shown.
    EyeOff = "eye-off",
    /// The light theme.
    Sun = "sun",
    /// The dark theme.
    Moon = "moon",
    /// The theme of the device.
    Screen = "screen",
    /// Stop for a while.
    Pause = "pause",
    /// Go on.
    Play = "play",
    /// Stop for good.
    Stop = "stop",
    /// Mend a connection.
    Repair = "repair",
    /// A link.
    Link = "link",
    /// Connecting.
    Plug = "plug",
    /// A token.
    Key = "key",
    /// Throw away.
    Trash = "trash",
    /// The navigation on a phone.
    Menu = "menu",
    /// More that can be done.
    More = "more",
    /// To a file.
    Download = "download",
    /// Mail.
    Mail = "mail",
    /// Sealed.
    Lock = "lock",
    /// Waiting, or a time.
    Clock = "clock",
    /// Signing out.
    Out = "out",
    /// To another site.
    Away = "away",
    /// The sandbox.
    Sandbox = "sandbox",
    /// Figures.
    Chart = "chart",
    /// Security.
    Shield = "shield",
    /// Writing.
    Edit = "edit",
}

/// An icon beside a text that says the same: hidden from screen readers, as large as the text.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    // Arrows point along the direction of reading.
    let mirror = matches!(glyph, Glyph::Right | Glyph::Arrow | Glyph::Out).then_some("");
    view! {
        <svg class="icon" aria-hidden="true" data-mirror=mirror>
            <use href=sprite(glyph.id())></use>
        </svg>
    }
}

/// The bird alone.
#[component]
pub fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" aria-hidden="true">
            <use href=sprite("gannet")></use>
        </svg>
    }
}

/// The bird and the name, leading home.
#[component]
pub fn Brand(
    /// Where it leads.
    #[prop(default = "/")]
    href: &'static str,
) -> impl IntoView {
    view! {
        <a class="brand" href=href>
            <BrandMark />
            "Gannet"
        </a>
    }
}

/// The address of a symbol. The sprite's name has a hash that only the server knows; it leaves the
/// name on `<html>` for the islands.
fn sprite(id: &str) -> String {
    #[cfg(feature = "ssr")]
    {
        let assets = use_context::<crate::Assets>().unwrap_or_default();
        format!("/{}#{id}", assets.icons)
    }
    #[cfg(not(feature = "ssr"))]
    {
        let root = document().document_element();
        let icons = root.and_then(|html| html.get_attribute("data-icons")).unwrap_or_default();
        format!("/{icons}#{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::Glyph;

    #[test]
    fn every_glyph_is_in_the_sprite_and_every_symbol_is_used() {
        let sprite = include_str!("../../../public/icons.svg");
        for glyph in Glyph::ALL {
            assert!(sprite.contains(&format!("id=\"{}\"", glyph.id())), "{glyph:?}");
        }
        assert_eq!(sprite.matches("<symbol ").count(), Glyph::ALL.len() + 1, "and the bird");
    }
}
