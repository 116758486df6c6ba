//! Figures for operators (Prometheus): counts and durations, by route, lembaga and outcome. No label ever holds personal data.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Data;
use crate::kernel::LembagaId;
use crate::registry::Ending;
use crate::warehouse::{CacheFigures, SwapFigures};

/// Seconds: from a cached answer to one that waited for a slow disk.
const DURATION_BUCKETS_S: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What is counted.
pub struct Figures {
    registry: Registry,
    requests: Family<Labels, Counter>,
    batch_lines: Family<LineLabels, Counter>,
    guesses: Family<AlarmLabels, Counter>,
    durations: Family<RouteLabel, Histogram, fn() -> Histogram>,
    days_left: Family<LembagaLabel, Gauge>,
    pub(super) epoch: Gauge,
    pub(super) audit_entries: Gauge<u64, AtomicU64>,
    pub(super) audit_healthy: Gauge,
    cache_hits: Counter,
    cache_misses: Counter,
    cache_hit_ratio: Gauge<f64, AtomicU64>,
    cache_bytes: Gauge<u64, AtomicU64>,
    damaged_pages: Counter,
    snapshot: DataFigures,
    compactions: Family<Vec<(&'static str, &'static str)>, Counter>,
    not_loaded: Family<Vec<(&'static str, &'static str)>, Gauge>,
}

/// Figures of the data served.
#[derive(Default)]
struct DataFigures {
    served: Family<Vec<(&'static str, String)>, Gauge>,
    age_days: Gauge<u64, AtomicU64>,
    stale: Gauge,
    deltas: Gauge<u64, AtomicU64>,
    changed: Gauge<u64, AtomicU64>,
    swaps: Gauge<u64, AtomicU64>,
    swap_failures: Gauge<u64, AtomicU64>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Labels {
    route: &'static str,
    lembaga: Option<LembagaId>,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct LineLabels {
    lembaga: Option<LembagaId>,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct AlarmLabels {
    lembaga: LembagaId,
    alarm: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct RouteLabel {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct LembagaLabel {
    lembaga: LembagaId,
}

impl EncodeLabelSet for LembagaLabel {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        ("institution", self.lembaga.as_str()).encode(encoder.encode_label())
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        let lembaga = self.lembaga.as_ref().map_or("", LembagaId::as_str);
        for label in [("route", self.route), ("institution", lembaga), ("outcome", self.outcome)] {
            label.encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

impl EncodeLabelSet for LineLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        let lembaga = self.lembaga.as_ref().map_or("", LembagaId::as_str);
        ("institution", lembaga).encode(encoder.encode_label())?;
        ("outcome", self.outcome).encode(encoder.encode_label())
    }
}

impl EncodeLabelSet for AlarmLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        ("institution", self.lembaga.as_str()).encode(encoder.encode_label())?;
        ("alarm", self.alarm).encode(encoder.encode_label())
    }
}

impl EncodeLabelSet for RouteLabel {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        ("route", self.route).encode(encoder.encode_label())
    }
}

impl Default for Figures {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gerbang");
        let requests = Family::default();
        let batch_lines = Family::default();
        let guesses = Family::default();
        let durations: Family<RouteLabel, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS_S));
        registry.register("requests", "Requests by route, institution and outcome", requests.clone());
        registry.register("batch_lines", "Lines of batches by institution and outcome", batch_lines.clone());
        registry.register("guessing_alarms", "What looks like guessing, by institution and kind", guesses.clone());
        registry.register("request_duration_seconds", "Time from head to answer", durations.clone());
        let build: Family<Vec<(&str, &str)>, Gauge> = Family::default();
        build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("build_info", "The version that runs", build);
        let figures = Self {
            requests,
            batch_lines,
            guesses,
            durations,
            days_left: Family::default(),
            epoch: Gauge::default(),
            audit_entries: Gauge::default(),
            audit_healthy: Gauge::default(),
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            cache_hit_ratio: Gauge::default(),
            cache_bytes: Gauge::default(),
            damaged_pages: Counter::default(),
            snapshot: DataFigures::default(),
            compactions: Family::default(),
            not_loaded: Family::default(),
            registry: Registry::default(),
        };
        let ends = "Days up to the last day of an agreement that ends within 90 days, with nothing to follow";
        registry.register("agreement_days_left", ends, figures.days_left.clone());
        registry.register("policy_epoch", "Counts up with every set of agreements", figures.epoch.clone());
        registry.register("audit_entries", "Entries in the audit log", figures.audit_entries.clone());
        registry.register("audit_healthy", "1 while the audit log takes entries", figures.audit_healthy.clone());
        registry.register("cache_hits", "Look-ups answered from memory", figures.cache_hits.clone());
        registry.register("cache_misses", "Look-ups that read the snapshot", figures.cache_misses.clone());
        registry.register(
            "cache_hit_ratio",
            "Share of look-ups answered from memory since the start",
            figures.cache_hit_ratio.clone(),
        );
        registry.register("cache_bytes", "Bytes of rows in memory", figures.cache_bytes.clone());
        let damaged = "Pages of the warehouse found damaged or unreadable: more than none is an alarm";
        registry.register("damaged_pages", damaged, figures.damaged_pages.clone());
        registry.register("compactions", "Compactions of deltas, by how they ended", figures.compactions.clone());
        let not_loaded =
            "Agreements, lists of accounts, certificates that do not load as they lie there: more than none is an alarm";
        registry.register("not_loaded", not_loaded, figures.not_loaded.clone());
        figures.snapshot.register(&mut registry);
        Self { registry, ..figures }
    }
}

impl DataFigures {
    fn register(&self, registry: &mut Registry) {
        registry.register("snapshot_info", "The data served", self.served.clone());
        registry.register("snapshot_age_days", "Days since the date up to which the data go", self.age_days.clone());
        registry.register("snapshot_stale", "1 while the data are older than allowed", self.stale.clone());
        registry.register("snapshot_deltas", "Deltas over the base", self.deltas.clone());
        registry.register("snapshot_changed", "Residents whom the deltas hold", self.changed.clone());
        registry.register("snapshot_swaps", "How often other data were swapped in", self.swaps.clone());
        let failures = "How often what was published could not be opened";
        registry.register("snapshot_swap_failures", failures, self.swap_failures.clone());
    }
}

impl Figures {
    /// Counts a request.
    pub fn request(&self, route: &'static str, lembaga: Option<&LembagaId>, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&Labels { route, lembaga: lembaga.cloned(), outcome }).inc();
        self.durations.get_or_create(&RouteLabel { route }).observe(took.as_secs_f64());
    }

    /// Takes over what the warehouse counts itself; its counts only rise.
    pub(super) fn warehouse(&self, cache: CacheFigures, damaged_pages: u64) {
        self.cache_hits.inner().store(cache.hits, Relaxed);
        self.cache_misses.inner().store(cache.misses, Relaxed);
        self.cache_hit_ratio.set(cache.hits as f64 / (cache.hits + cache.misses).max(1) as f64);
        self.cache_bytes.set(cache.bytes);
        self.damaged_pages.inner().store(damaged_pages, Relaxed);
    }

    /// Counts a compaction.
    pub fn compacted(&self, well: bool) {
        self.compactions.get_or_create(&vec![("outcome", if well { "done" } else { "failed" })]).inc();
    }

    /// Takes over how much of a part could not be loaded.
    pub fn not_loaded(&self, part: &'static str, how_much: usize) {
        self.not_loaded.get_or_create(&vec![("part", part)]).set(i64::try_from(how_much).unwrap_or(i64::MAX));
    }

    /// Takes over how the data stand.
    pub(super) fn data(&self, data: &Data, swaps: SwapFigures) {
        let figures = &self.snapshot;
        figures.served.clear();
        figures.served.get_or_create(&vec![("id", data.snapshot.to_string()), ("as_of", data.as_of.to_string())]).set(1);
        figures.age_days.set(data.age_days.into());
        figures.stale.set(data.stale.into());
        figures.deltas.set(data.deltas as u64);
        figures.changed.set(data.changed as u64);
        figures.swaps.set(swaps.swaps);
        figures.swap_failures.set(swaps.failures);
    }

    /// Counts a line of a batch.
    pub fn line(&self, lembaga: Option<&LembagaId>, outcome: &'static str) {
        self.batch_lines.get_or_create(&LineLabels { lembaga: lembaga.cloned(), outcome }).inc();
    }

    /// Tells the agreements that end soon, and no others.
    pub(super) fn endings(&self, endings: &[Ending]) {
        self.days_left.clear();
        for ending in endings {
            self.days_left.get_or_create(&LembagaLabel { lembaga: ending.lembaga.clone() }).set(ending.days_left);
        }
    }

    /// Counts an alarm about guessing.
    pub(super) fn guessing(&self, lembaga: &LembagaId, alarm: &'static str) {
        self.guesses.get_or_create(&AlarmLabels { lembaga: lembaga.clone(), alarm }).inc();
    }

    /// The text that Prometheus reads.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _infallible = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_was_counted() {
        let figures = Figures::default();
        let lembaga = LembagaId::parse("rsud-tapin").ok();
        figures.request("v1_verify", lembaga.as_ref(), "active", Duration::from_micros(300));
        let text = figures.render();
        assert!(
            text.contains(r#"gerbang_requests_total{route="v1_verify",institution="rsud-tapin",outcome="active"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"gerbang_request_duration_seconds_bucket{le="0.0005",route="v1_verify"} 1"#), "{text}");
        assert!(text.contains("gerbang_build_info"), "{text}");
    }

    #[test]
    fn renders_what_the_warehouse_counted() {
        let figures = Figures::default();
        figures.warehouse(CacheFigures { hits: 3, misses: 1, bytes: 77, entries: 1 }, 2);
        let text = figures.render();
        for line in
            ["cache_hits_total 3", "cache_misses_total 1", "cache_hit_ratio 0.75", "cache_bytes 77", "damaged_pages_total 2"]
        {
            assert!(text.contains(&format!("gerbang_{line}\n")), "{line}: {text}");
        }
    }
}
