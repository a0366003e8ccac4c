//! Small marks: badges, avatars, times.

use leptos::prelude::*;

/// What a mark says beyond its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Just a word.
    Plain,
    /// A state without judgement.
    #[default]
    Neutral,
    /// Ours, or going on.
    Brand,
    /// Good.
    Ok,
    /// Look here.
    Warn,
    /// Bad.
    Bad,
}

impl Tone {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Neutral => "neutral",
            Self::Brand => "brand",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One word about a state.
#[component]
pub fn Badge(
    /// See [`Tone`].
    #[prop(optional)]
    tone: Tone,
    /// Going on right now.
    #[prop(optional)]
    live: bool,
    /// The word.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone.word() data-live=live.then_some("")>
            {label}
        </span>
    }
}

/// A round picture, or initials in its place. The name stands beside it, so it is not read aloud.
#[component]
pub fn Avatar(
    /// Whose.
    #[prop(into)]
    name: String,
    /// A picture on our own host, or a `data:` address.
    #[prop(optional_no_strip)]
    picture: Option<String>,
    /// `small` or `large`; the usual size without.
    #[prop(optional)]
    size: Option<&'static str>,
) -> impl IntoView {
    match picture {
        Some(src) => {
            view! { <img class="avatar" data-size=size src=src alt="" width="64" height="64" /> }
                .into_any()
        }
        None => view! {
            <span class="avatar" data-size=size aria-hidden="true">
                {initials(&name)}
            </span>
        }
        .into_any(),
    }
}

/// A picture and two lines: who or what this is.
#[component]
pub fn Who(
    /// The first line, and the initials.
    #[prop(into)]
    name: String,
    /// The second line.
    #[prop(into)]
    detail: String,
) -> impl IntoView {
    view! {
        <span class="who">
            <Avatar name=name.clone() />
            <span>
                <bdi>{name}</bdi>
                <small>{detail}</small>
            </span>
        </span>
    }
}

/// A moment. How it reads was decided by the server, in the viewer's zone.
#[component]
pub fn Time(
    /// For machines: RFC 3339, UTC.
    #[prop(into)]
    datetime: String,
    /// For people.
    #[prop(into)]
    text: String,
    /// The whole truth, shown on hover.
    #[prop(optional, into)]
    title: Option<String>,
) -> impl IntoView {
    view! {
        <time datetime=datetime title=title>
            {text}
        </time>
    }
}

/// The first letters of the first and the last word, or a dot for a name without letters.
fn initials(name: &str) -> String {
    let first = |word: &str| word.chars().find(|c| c.is_alphanumeric());
    let mut letters = name.split_whitespace().filter_map(first);
    let (start, end) = (letters.next(), letters.next_back());
    let text: String = [start, end].into_iter().flatten().flat_map(char::to_uppercase).collect();
    if text.is_empty() { "·".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_made_of_any_name() {
        let cases = [
            ("Ann Lee", "AL"),
            ("ann", "A"),
            ("Ann van der Lee", "AL"),
            ("«Мир» вокруг", "МВ"),
            ("", "·"),
            ("🙂", "·"),
            ("@acme_bot", "A"),
        ];
        for (name, want) in cases {
            assert_eq!(initials(name), want, "{name:?}");
        }
    }
}
