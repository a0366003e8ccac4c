//! The people who talk to a bot: who they are, and what they got.

mod list;
mod person;

use async_trait::async_trait;
use contract::{
    ClientError,
    cx::RequestCx,
    page::Page,
    subscribers::{Filter, Person, Row, SubscribersApi},
};
use domain::ids::ChatId;
use store::subscribers::Subscriber;

use crate::Services;

#[async_trait]
impl SubscribersApi for Services {
    async fn list(
        &self,
        cx: &RequestCx,
        slug: &str,
        filter: &Filter,
    ) -> Result<Page<Row>, ClientError> {
        Ok(list::list(self, cx, slug, filter).await?)
    }

    async fn person(
        &self,
        cx: &RequestCx,
        slug: &str,
        chat: ChatId,
    ) -> Result<Person, ClientError> {
        Ok(person::person(self, cx, slug, chat).await?)
    }
}

fn row(person: Subscriber) -> Row {
    Row {
        chat: person.chat,
        name: person.name,
        username: person.username,
        status: person.status,
        source: person.source,
        language: person.language,
        since: person.since,
    }
}
