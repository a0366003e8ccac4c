//! What is logged and how.

use tracing_subscriber::EnvFilter;

use super::{Reader, reader::Value};

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Which lines, in the notation of `tracing`: `info`, `server=debug,info`.
    /// `LOG`, default info.
    pub filter: String,
    /// `LOG_FORMAT`, default text.
    pub format: LogFormat,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let Filter(filter) = reader.or("LOG", Filter("info".to_owned()));
        Self { filter, format: reader.or("LOG_FORMAT", LogFormat::Text) }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Value for LogFormat {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is not text or json")),
        }
    }

    fn show(&self) -> String {
        let name = match self {
            Self::Text => "text",
            Self::Json => "json",
        };
        name.to_owned()
    }
}

struct Filter(String);

impl Value for Filter {
    fn parse(text: &str) -> Result<Self, String> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(err) => Err(format!("not a log filter such as info or server=debug,info ({err})")),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
