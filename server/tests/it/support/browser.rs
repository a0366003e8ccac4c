//! A person's browser without scripts: cookies, forms, and no redirect followed unseen.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use reqwest::{
    Client, Method, Response, StatusCode,
    header::{HeaderMap, HeaderName},
    redirect::Policy,
};

/// For `Accept`.
pub const HTML: &str = "text/html";
/// For `Accept`.
pub const JSON: &str = "application/json";

/// A browser with its own cookies. A clone shares them.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    base: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The whole of `response`; of a stream the head.
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
        // A stream has no end that one could wait for.
        let body = match kind {
            Some(kind) if kind.starts_with("text/event-stream") => String::new(),
            _ => response.text().await.expect("a whole body"),
        };
        Self { status, headers, body }
    }

    /// Where a redirect leads: path and query.
    pub fn location(&self) -> &str {
        let location =
            self.headers.get("location").unwrap_or_else(|| panic!("no redirect: {self:?}"));
        location.to_str().expect("an address")
    }

    /// What the page says, without its head and its tags.
    pub fn gist(&self) -> String {
        let body = self.body.split_once("<main").map_or(self.body.as_str(), |(_, main)| main);
        let body = body.split_once("</main>").map_or(body, |(main, _)| main);
        let texts =
            body.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text.trim());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        format!("{} {}", self.status, texts.join(" | "))
    }

    /// The value of the first field of that name in the page's forms.
    pub fn value_of(&self, field: &str) -> String {
        let mark = format!("name=\"{field}\"");
        let tag = self
            .body
            .split('<')
            .find(|tag| tag.contains(&mark))
            .unwrap_or_else(|| panic!("no field {field} in {}", self.gist()));
        let value = tag.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_default().replace("&amp;", "&")
    }
}

impl Browser {
    /// A browser that has never been at `base`, on a machine of its own: what is limited by client is
    /// not what most tests are about.
    pub fn new(base: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(u32::from_be_bytes([198, 18, 0, 0]));
        Self::at(base, Some(Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed)).into()))
    }

    /// A browser on the server's own machine, without a proxy between.
    pub fn local(base: &str) -> Self {
        Self::at(base, None)
    }

    /// A browser at this address, as the proxy before the server tells it.
    pub fn at(base: &str, ip: Option<IpAddr>) -> Self {
        let through_a_proxy = ip.map(|ip| {
            let ip = ip.to_string().parse().expect("a header");
            (HeaderName::from_static("x-forwarded-for"), ip)
        });
        let client = Client::builder()
            .default_headers(through_a_proxy.into_iter().collect())
            .cookie_store(true)
            .redirect(Policy::none())
            .timeout(Duration::from_secs(40))
            .build()
            .expect("a client");
        Self { client, base: base.to_owned() }
    }

    /// Goes on with its cookies at another address of the same site.
    pub fn move_to(&mut self, base: &str) {
        self.base = base.to_owned();
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.base)).header("accept", "text/html");
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Submits a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Submits a form to a server that may die at any moment. None: nobody knows whether it was taken.
    pub async fn dare(&self, path: &str, fields: &[(&str, &str)]) -> Option<StatusCode> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        request.send().await.ok().map(|answer| answer.status())
    }

    /// Any request without a body; to the server it is one of our own pages' if it is a POST.
    pub async fn ask(&self, method: Method, path: &str, accept: &str) -> Answer {
        Answer::of(self.open(method, path, accept).await).await
    }

    /// As [`Browser::ask`], with the body yet to come.
    pub async fn open(&self, method: Method, path: &str, accept: &str) -> Response {
        let request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("accept", accept)
            .header("sec-fetch-site", "same-origin");
        request.send().await.expect("an answer")
    }

    /// Submits a form and expects to be led on. Gives where to.
    pub async fn done(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.gist());
        answer.location().to_owned()
    }

    /// Opens a page until it shows `text`, at most `secs` seconds.
    pub async fn wait_for(&self, path: &str, text: &str, secs: u32) -> Answer {
        let mut page = self.get(path).await;
        for _ in 0..secs * 4 {
            if page.body.contains(text) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
            page = self.get(path).await;
        }
        panic!("{path} did not come to show “{text}”: {}", page.gist());
    }
}
