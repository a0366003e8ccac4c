//! No token anywhere but in the request.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_the_log_at_its_finest_nor_an_error_holds_a_token() {
    let log = Log::default();
    let fine = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(fine);

    let echo = format!(
        r#"{{"ok":false,"error_code":400,"description":"Bad Request: no /bot{TOKEN}/sendMessage"}}"#
    );
    let acts = [sent(1), Act::status(400, &echo), Act::Reset, Act::Stall, Act::Say("no".into())];
    let server = Server::start(acts).await;
    let mut printed = String::new();
    let bases = std::iter::repeat_n(server.base.as_str(), 5).chain([
        "http://127.0.0.1:1",
        "https://127.0.0.1:1",
        "http://gannet.invalid",
    ]);
    for base in bases {
        let (api, who) = (client(), bot_at(base));
        let said = api.send(&who, 5, &text("private words")).await;
        if let Err(error) = &said {
            printed.push_str(&format!("{error}\n"));
        }
        printed.push_str(&format!("{said:?} {who:?} {api:?}\n"));
    }

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("TRACE"), "the log was not listened to: {logged}");
    assert_eq!(server.seen().len(), 5);
    for text in [&logged, &printed] {
        assert!(!text.contains("TEST-not_a_token"), "{text}");
        assert!(!text.contains("private words"), "{text}");
    }
}
