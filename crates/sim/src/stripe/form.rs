//! Form bodies and queries with brackets in their names: `items[0][price]=price_1`.
//!
//! Read as <https://docs.stripe.com/api> describes them. `a[]=x&a[]=y` is a list in order of
//! appearance; `a[][b]=1&a[][c]=2` goes on with the last element until a name repeats.

use url::form_urlencoded;

/// How deep brackets may go, so that nobody builds a tower.
const DEEPEST: usize = 8;
/// Most parameters of one request.
const MOST: usize = 1_000;

/// A value as it came: all leaves are text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Text(String),
    /// Names in order of appearance; elements of lists are named by their index.
    Map(Vec<(String, Node)>),
}

impl Default for Node {
    fn default() -> Self {
        Node::Map(Vec::new())
    }
}

/// Why a form cannot be read.
#[derive(Debug, PartialEq)]
pub(crate) struct Malformed(pub String);

/// Reads a query or a body.
pub(crate) fn parse(encoded: &[u8]) -> Result<Node, Malformed> {
    let mut root = Node::default();
    for (count, (key, value)) in form_urlencoded::parse(encoded).enumerate() {
        if count == MOST {
            return Err(Malformed("Too many parameters".to_owned()));
        }
        let path = segments(&key)?;
        put(&mut root, &path, value.into_owned()).map_err(|()| {
            Malformed(format!("Invalid {key}: it is given both as a value and as an object"))
        })?;
    }
    Ok(root)
}

/// `a[b][0]` → `a`, `b`, `0`.
fn segments(key: &str) -> Result<Vec<&str>, Malformed> {
    let malformed = || Malformed(format!("Invalid parameter name: {key}"));
    let Some((head, rest)) = key.split_once('[') else { return Ok(vec![key]) };
    let rest = rest.strip_suffix(']').ok_or_else(malformed)?;
    let path: Vec<_> = std::iter::once(head).chain(rest.split("][")).collect();
    let clean = !head.is_empty() && path.iter().all(|part| !part.contains(['[', ']']));
    if !clean || path.len() > DEEPEST {
        return Err(malformed());
    }
    Ok(path)
}

fn put(at: &mut Node, path: &[&str], value: String) -> Result<(), ()> {
    let Some((&name, deeper)) = path.split_first() else {
        *at = Node::Text(value);
        return Ok(());
    };
    let Node::Map(entries) = at else { return Err(()) };
    let slot = match name {
        "" => {
            let goes_on = deeper
                .first()
                .is_some_and(|field| entries.last().is_some_and(|(_, last)| !last.has(field)));
            if !goes_on {
                entries.push((entries.len().to_string(), Node::default()));
            }
            entries.len() - 1
        }
        name => match entries.iter().position(|(known, _)| known == name) {
            // The last of several values counts.
            Some(at) => at,
            None => {
                entries.push((name.to_owned(), Node::default()));
                entries.len() - 1
            }
        },
    };
    let slot = &mut entries[slot].1;
    if !deeper.is_empty() && matches!(slot, Node::Text(_)) {
        return Err(());
    }
    put(slot, deeper, value)
}

impl Node {
    fn has(&self, field: &str) -> bool {
        matches!(self, Node::Map(entries) if entries.iter().any(|(name, _)| name == field))
    }

    /// The entries of an object; none for a text.
    pub fn entries(&self) -> &[(String, Node)] {
        match self {
            Node::Map(entries) => entries,
            Node::Text(_) => &[],
        }
    }

    /// A text of the first level.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.entries().iter().find(|(known, _)| known == name).and_then(|(_, node)| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Map(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Node {
        Node::Text(text.into())
    }

    fn map(entries: &[(&str, Node)]) -> Node {
        Node::Map(entries.iter().map(|(name, node)| ((*name).to_owned(), node.clone())).collect())
    }

    #[test]
    fn brackets_nest_and_lists_keep_their_order() {
        let cases = [
            ("a=1&b=x%20y", map(&[("a", text("1")), ("b", text("x y"))])),
            (
                "items[0][price]=p&items[0][quantity]=2&items[1][price]=q",
                map(&[(
                    "items",
                    map(&[
                        ("0", map(&[("price", text("p")), ("quantity", text("2"))])),
                        ("1", map(&[("price", text("q"))])),
                    ]),
                )]),
            ),
            ("e[]=x&e[]=y", map(&[("e", map(&[("0", text("x")), ("1", text("y"))]))])),
            (
                "e[][a]=1&e[][b]=2&e[][a]=3",
                map(&[(
                    "e",
                    map(&[
                        ("0", map(&[("a", text("1")), ("b", text("2"))])),
                        ("1", map(&[("a", text("3"))])),
                    ]),
                )]),
            ),
            ("a=1&a=2", map(&[("a", text("2"))])),
            ("metadata%5Bk%5D=v", map(&[("metadata", map(&[("k", text("v"))]))])),
        ];
        for (form, want) in cases {
            assert_eq!(parse(form.as_bytes()), Ok(want), "{form}");
        }
    }

    #[test]
    fn broken_names_are_refused() {
        for form in
            ["a[b=1", "a[b]c=1", "[a]=1", "a[[b]]=1", "a=1&a[b]=2", "a[b][c][d][e][f][g][h][i]=1"]
        {
            assert!(parse(form.as_bytes()).is_err(), "{form}");
        }
    }
}
