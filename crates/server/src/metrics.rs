//! Counters for `/metrics`, in the text format of OpenMetrics.
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use watchkeep_hub::Hub;

/// Which door, which operation, how it ended.
#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    door: &'static str,
    op: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    door: &'static str,
    op: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    door: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

/// All counters of one server. Labels are words of the program, never of a caller, so their number is bounded.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Ended, Counter>,
    seconds: Family<Of, Histogram, fn() -> Histogram>,
    refused: Family<Why, Counter>,
    limited: Family<Class, Counter>,
    in_flight: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
}

fn buckets() -> Histogram {
    Histogram::new([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0])
}

impl Metrics {
    /// Counters for this hub, all at zero.
    #[must_use]
    pub fn new(hub: &Arc<Hub>) -> Self {
        let mut registry = Registry::with_prefix("watchkeep");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(buckets as fn() -> Histogram);
        let (refused, limited) = (Family::default(), Family::default());
        let (in_flight, connections) = (Gauge::default(), Gauge::default());
        registry.register("requests", "Requests by door, operation and outcome", requests.clone());
        registry.register_with_unit("request_duration", "Time to the answer", Unit::Seconds, seconds.clone());
        registry.register("refused", "Requests without a known tenant, by reason", refused.clone());
        registry.register("rate_limited", "Calls over their limit, by class", limited.clone());
        registry.register("requests_in_flight", "Requests that run now", in_flight.clone());
        registry.register("connections", "Open connections", connections.clone());
        let build = [("version", env!("CARGO_PKG_VERSION")), ("store", hub.store.engine_name())];
        registry.register("build", "This build", Info::new(build));
        registry.register_collector(Box::new(Inside { hub: hub.clone() }));
        Self { registry, requests, seconds, refused, limited, in_flight, connections }
    }

    /// A request has ended.
    pub(crate) fn ended(&self, door: &'static str, op: &'static str, status: &'static str, took: Duration) {
        self.requests.get_or_create(&Ended { door, op, status }).inc();
        self.seconds.get_or_create(&Of { door, op }).observe(took.as_secs_f64());
    }

    /// A request came from nobody.
    pub(crate) fn refused(&self, door: &'static str, reason: &'static str) {
        self.refused.get_or_create(&Why { door, reason }).inc();
    }

    /// A call was one too many.
    pub(crate) fn limited(&self, class: &'static str) {
        self.limited.get_or_create(&Class { class }).inc();
    }

    /// Counts a request for as long as the guard lives.
    pub(crate) fn request(self: &Arc<Self>) -> InFlight {
        InFlight::new(&self.in_flight)
    }

    /// Counts a connection for as long as the guard lives.
    pub(crate) fn connection(self: &Arc<Self>) -> InFlight {
        InFlight::new(&self.connections)
    }

    /// The page.
    ///
    /// # Errors
    /// If a metric cannot be written: a mistake of ours.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::with_capacity(8 * 1024);
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// One that is counted while it lives.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge<i64, AtomicI64>);

impl InFlight {
    fn new(gauge: &Gauge<i64, AtomicI64>) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What is read from the hub when somebody asks.
#[derive(Debug)]
struct Inside {
    hub: Arc<Hub>,
}

impl Collector for Inside {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stats = self.hub.store.stats();
        for (name, about, value) in [
            ("store_groups", "Commits of the writer", &stats.groups),
            ("store_grouped", "Operations in those commits", &stats.grouped),
            ("store_retries", "Transactions that were run again", &stats.retries),
        ] {
            let counter = ConstCounter::new(value.load(Ordering::Relaxed));
            counter.encode(encoder.encode_descriptor(name, about, None, counter.metric_type())?)?;
        }
        let tasks = ConstGauge::new(i64::try_from(self.hub.tasks.running()).unwrap_or(i64::MAX));
        tasks.encode(encoder.encode_descriptor("tasks", "Tasks that run now", None, tasks.metric_type())?)
    }
}
