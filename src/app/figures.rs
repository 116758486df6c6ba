//! Figures for operators (Prometheus): counts and durations, by route, lembaga and outcome. No label ever holds personal data.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::kernel::LembagaId;

/// Seconds: from a cached answer to one that waited for a slow disk.
const DURATION_BUCKETS_S: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// What is counted.
pub struct Figures {
    registry: Registry,
    requests: Family<Labels, Counter>,
    batch_lines: Family<LineLabels, Counter>,
    durations: Family<RouteLabel, Histogram, fn() -> Histogram>,
    pub(super) epoch: Gauge,
    pub(super) audit_entries: Gauge<u64, AtomicU64>,
    pub(super) audit_healthy: Gauge,
    pub(super) cache_hits: Gauge<u64, AtomicU64>,
    pub(super) cache_misses: Gauge<u64, AtomicU64>,
    pub(super) cache_bytes: Gauge<u64, AtomicU64>,
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
struct RouteLabel {
    route: &'static str,
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
        let durations: Family<RouteLabel, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS_S));
        registry.register("requests", "Requests by route, institution and outcome", requests.clone());
        registry.register("batch_lines", "Lines of batches by institution and outcome", batch_lines.clone());
        registry.register("request_duration_seconds", "Time from head to answer", durations.clone());
        let build: Family<Vec<(&str, &str)>, Gauge> = Family::default();
        build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("build_info", "The version that runs", build);
        let figures = Self {
            requests,
            batch_lines,
            durations,
            epoch: Gauge::default(),
            audit_entries: Gauge::default(),
            audit_healthy: Gauge::default(),
            cache_hits: Gauge::default(),
            cache_misses: Gauge::default(),
            cache_bytes: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("policy_epoch", "Counts up with every set of agreements", figures.epoch.clone());
        registry.register("audit_entries", "Entries in the audit log", figures.audit_entries.clone());
        registry.register("audit_healthy", "1 while the audit log takes entries", figures.audit_healthy.clone());
        registry.register("cache_hits", "Look-ups answered from memory", figures.cache_hits.clone());
        registry.register("cache_misses", "Look-ups that read the snapshot", figures.cache_misses.clone());
        registry.register("cache_bytes", "Bytes of rows in memory", figures.cache_bytes.clone());
        Self { registry, ..figures }
    }
}

impl Figures {
    /// Counts a request.
    pub fn request(&self, route: &'static str, lembaga: Option<&LembagaId>, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&Labels { route, lembaga: lembaga.cloned(), outcome }).inc();
        self.durations.get_or_create(&RouteLabel { route }).observe(took.as_secs_f64());
    }

    /// Counts a line of a batch.
    pub fn line(&self, lembaga: Option<&LembagaId>, outcome: &'static str) {
        self.batch_lines.get_or_create(&LineLabels { lembaga: lembaga.cloned(), outcome }).inc();
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
}
