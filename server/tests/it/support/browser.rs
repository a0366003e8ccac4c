//! A person's browser without scripts: cookies, forms, and no redirect followed unseen.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, header::HeaderMap, redirect::Policy};

/// A browser with its own cookies.
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
    async fn of(response: Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.expect("a whole body"),
        }
    }

    /// Where a redirect leads: path and query.
    pub fn location(&self) -> &str {
        let location = self.headers.get("location").unwrap_or_else(|| panic!("no redirect: {self:?}"));
        location.to_str().expect("an address")
    }

    /// What the page says, without its head and its tags.
    pub fn gist(&self) -> String {
        let body = self.body.split_once("<main").map_or(self.body.as_str(), |(_, main)| main);
        let body = body.split_once("</main>").map_or(body, |(main, _)| main);
        let texts = body.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text.trim());
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
    /// A browser that has never been at `base`.
    pub fn new(base: &str) -> Self {
        let client = Client::builder()
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
