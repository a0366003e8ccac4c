//! Just enough HTTP to ask our own server, in clear, whether it is ready and what a page weighs.
//!
//! It speaks HTTP/1.0: the server then closes the connection behind its answer and does not send it
//! in chunks, so that there is nothing to take apart.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

/// Longest wait for a connection or for more of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most bytes of an answer that are read.
const LONGEST_ANSWER: u64 = 64 << 20;

/// The address of a page on a server that is spoken to in clear.
#[derive(PartialEq, Eq, Debug)]
pub struct Url {
    /// Host and port, as in the `Host` header.
    authority: String,
    /// Path and query.
    path: String,
}

impl Url {
    /// Reads `http://host[:port][/path]`.
    ///
    /// # Errors
    /// When it is anything else; `https` has to be asked behind the proxy.
    pub fn parse(url: &str) -> Result<Url> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("{url} does not begin with http://; behind a proxy, ask the server itself");
        };
        // The fragment is the browser's own.
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        ensure!(!authority.is_empty() && !authority.contains('@'), "{url} names no host");
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Url { authority: authority.to_owned(), path: format!("{slash}{path}") })
    }

    /// That path on the server at an address.
    pub fn at(address: SocketAddr, path: &str) -> Url {
        Url { authority: address.to_string(), path: path.to_owned() }
    }

    fn connect(&self) -> Result<TcpStream> {
        let has_port = self.authority.rsplit_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
        });
        let port = if has_port { "" } else { ":80" };
        let addresses = format!("{}{port}", self.authority).to_socket_addrs()?;
        let mut refused = None;
        // `localhost` is two addresses, and the server may listen on one.
        for address in addresses {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) => Err(error.into()),
            None => bail!("{} has no address", self.authority),
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, still compressed if it was.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The pair that sets the cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter(|(header, _)| header == "set-cookie");
        let mut pairs = lines.filter_map(|(_, line)| line.split(';').next());
        pairs.find(|pair| pair.split_once('=').is_some_and(|(one, _)| one == name))
    }

    fn parse(bytes: &[u8]) -> Result<Answer> {
        let end =
            bytes.windows(4).position(|w| w == b"\r\n\r\n").context("an answer without end")?;
        let head = std::str::from_utf8(&bytes[..end]).context("an answer that is not text")?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1."))
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .context("an answer that is not HTTP")?;
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Answer { status, headers, body: bytes[end + 4..].to_vec() })
    }
}

/// Asks for a page.
///
/// # Errors
/// When nobody answers in time, or not in HTTP.
pub fn get(url: &Url, headers: &[(&str, &str)]) -> Result<Answer> {
    ask("GET", url, headers, "")
}

/// Posts a form, whose texts are such that nothing of them has to be encoded.
///
/// # Errors
/// As [`get`].
pub fn post(url: &Url, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Result<Answer> {
    let pairs: Vec<_> = fields.iter().map(|(name, text)| format!("{name}={text}")).collect();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    ask("POST", url, &[headers, &[form]].concat(), &pairs.join("&"))
}

fn ask(method: &str, url: &Url, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let mut stream = url.connect()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {} HTTP/1.0\r\nHost: {}\r\n", url.path, url.authority);
    for (name, value) in headers {
        ensure!(!value.contains(['\r', '\n']), "a line break in the header {name}");
        request += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    request += &format!("\r\n{body}");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    Answer::parse(&answer)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Url};

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("http://localhost:3000", "localhost:3000", "/"),
            ("http://[::1]:3000/bots?q=a#top", "[::1]:3000", "/bots?q=a"),
            ("http://example.test?q", "example.test", "/?q"),
        ];
        for (url, authority, path) in cases {
            let want = Url { authority: authority.to_owned(), path: path.to_owned() };
            assert_eq!(Url::parse(url).expect(url), want);
        }
        for url in ["https://localhost", "localhost:3000", "http://", "http://a:b@c/"] {
            assert!(Url::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn answers_are_taken_apart() {
        let bytes = b"HTTP/1.0 303 See Other\r\nLocation: /auth/login\r\n\r\nbody\r\n\r\n";
        let answer = Answer::parse(bytes).expect("HTTP");
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("location"), Some("/auth/login"));
        assert_eq!(answer.body, b"body\r\n\r\n");
        assert!(Answer::parse(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }
}
