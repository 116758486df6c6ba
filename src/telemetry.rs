//! Logs: one JSON object a line on stderr, `ts, level, msg` and the fields of the event. Never personal data: the types that hold
//! it have no `Debug`, and nothing here prints a body, a path's tail or a header.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::kernel::Clock;

/// Starts logging for the process; `GERBANG_LOG` sets the filter (`info` without it). A second call changes nothing.
pub fn start(clock: impl Clock + 'static) {
    let filter = EnvFilter::try_from_env("GERBANG_LOG").unwrap_or_else(|_unset| EnvFilter::new("info"));
    let _already =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).event_format(JsonLine { clock }).try_init();
}

struct JsonLine<C> {
    clock: C,
}

impl<S, N, C> FormatEvent<S, N> for JsonLine<C>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    C: Clock + 'static,
{
    fn format_event(&self, _context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        line.insert("ts".to_owned(), Value::from(self.clock.now().to_string()));
        line.insert("level".to_owned(), Value::from(event.metadata().level().as_str().to_ascii_lowercase()));
        event.record(&mut Fields(&mut line));
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        let name = if field.name() == "message" { "msg" } else { field.name() };
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }
}
