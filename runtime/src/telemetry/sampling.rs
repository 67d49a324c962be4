//! Which traces are recorded. The decision comes before any span: a trace that is not recorded costs next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::settings::SamplingSettings;

/// The headers that may say that a call matters, beside the baggage.
const PRIORITY: [&str; 2] = ["x-md-global-priority", "x-priority"];
const HIGH: &str = "high";

/// What probes ask again and again, and nobody wants to read: paths, and the methods of a service.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Decides about traces.
#[derive(Debug)]
pub(crate) struct Sampling {
    /// New traces whose number is below are recorded.
    share: AtomicU64,
    parent_based: bool,
    priority: bool,
    rules: Vec<(String, u64)>,
    /// Whether there is an operation whose rule is [`Rule::Always`].
    always: AtomicBool,
    rate: Option<Rate>,
}

/// What holds for an operation, found once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Not even where the caller records.
    Never,
    /// Whatever the caller says: the method matters.
    Always,
    /// This share of new traces.
    Share(u64),
    /// The share that holds for all.
    Default,
}

impl Sampling {
    pub(crate) fn new(settings: &SamplingSettings) -> Self {
        let rules = settings.rules.iter();
        Self {
            share: AtomicU64::new(threshold(settings.share)),
            parent_based: settings.parent_based,
            priority: settings.priority,
            rules: rules.map(|rule| (rule.operation.clone(), threshold(rule.share))).collect(),
            always: AtomicBool::new(false),
            rate: settings.per_second.map(Rate::new),
        }
    }

    /// Takes another share for what no rule is for.
    pub(crate) fn set_share(&self, share: f64) {
        self.share.store(threshold(share), Relaxed);
    }

    /// Whether no new trace is recorded that has no rule of its own.
    pub(crate) fn is_off(&self) -> bool {
        self.share.load(Relaxed) == 0
    }

    /// The rule of an operation: one that names it comes before one for all that begin alike.
    pub(crate) fn rule(&self, operation: &str) -> Rule {
        if PROBES.contains(&operation) || operation.starts_with(HEALTH) {
            return Rule::Never;
        }
        let exact = self.rules.iter().find(|(name, _)| name == operation);
        let rule = exact.or_else(|| {
            self.rules.iter().find(|(name, _)| {
                name.strip_suffix('*').is_some_and(|prefix| operation.starts_with(prefix))
            })
        });
        rule.map_or(Rule::Default, |(_, share)| Rule::Share(*share))
    }

    /// The rule of a method that says of itself that it matters.
    pub(crate) fn rule_of_high(&self, operation: &str) -> Rule {
        match self.rule(operation) {
            Rule::Never => Rule::Never,
            rule if !self.priority => rule,
            _ => {
                self.always.store(true, Relaxed);
                Rule::Always
            }
        }
    }

    /// Whether a call could be recorded, before its operation is known. Nothing is used up.
    #[inline]
    pub(crate) fn possible(&self, number: u64, parent: Option<bool>, high: bool) -> bool {
        let parent = parent.filter(|_| self.parent_based);
        let high = high || self.always.load(Relaxed);
        high || parent
            .unwrap_or_else(|| !self.rules.is_empty() || self.shares(Rule::Default, number))
    }

    /// Whether a call is recorded. `number` is the low half of its trace's id, `parent` what its caller decided, `high`
    /// whether it says that it matters.
    #[inline]
    pub(crate) fn decide(&self, rule: Rule, number: u64, parent: Option<bool>, high: bool) -> bool {
        match (rule, parent.filter(|_| self.parent_based)) {
            (Rule::Never, _) => false,
            (Rule::Always, _) => true,
            _ if high => true,
            (_, Some(parent)) => parent,
            (rule, None) => self.shares(rule, number) && self.rate.as_ref().is_none_or(Rate::take),
        }
    }

    /// As OpenTelemetry's `TraceIdRatioBased` does: the same trace is recorded by all that have the same share.
    #[inline]
    fn shares(&self, rule: Rule, number: u64) -> bool {
        let share = match rule {
            Rule::Share(share) => share,
            _ => self.share.load(Relaxed),
        };
        number >> 1 < share
    }

    /// Whether a request says of itself that it matters.
    pub(crate) fn is_high(&self, headers: &HeaderMap) -> bool {
        self.priority
            && (PRIORITY.iter().any(|name| headers.get(*name).is_some_and(|it| it == HIGH))
                || headers.get_all("baggage").iter().any(|baggage| {
                    let members = baggage.to_str().unwrap_or_default().split(',');
                    members.map(|it| it.split(';').next().unwrap_or_default().trim()).any(|it| {
                        it.split_once('=').is_some_and(|(key, value)| {
                            key.trim_end() == "priority" && value.trim_start() == HIGH
                        })
                    })
                }))
    }

    /// The sampler of the user's own spans.
    pub(crate) fn for_users(self: &Arc<Self>) -> ForUsers {
        ForUsers(Arc::clone(self))
    }
}

/// What is below this is recorded, of numbers with 63 bits.
fn threshold(share: f64) -> u64 {
    const ALL: u64 = 1 << 63;
    if share >= 1.0 { ALL } else { (share.max(0.0) * ALL as f64) as u64 }
}

/// At most so many a second: a bucket of tokens without a lock.
#[derive(Debug)]
struct Rate {
    /// Nanoseconds that one token takes.
    price: u64,
    /// How many tokens may wait, in nanoseconds.
    most: u64,
    began: Instant,
    /// When the bucket was empty last, in nanoseconds since the beginning.
    empty: AtomicU64,
}

impl Rate {
    fn new(per_second: f64) -> Self {
        const SECOND: u64 = 1_000_000_000;
        let price = if per_second > 0.0 { (SECOND as f64 / per_second) as u64 } else { u64::MAX };
        // A full bucket lasts a second, and there is always room for one.
        Self { price, most: SECOND.max(price), began: Instant::now(), empty: AtomicU64::new(0) }
    }

    /// Takes a token, if there is one.
    fn take(&self) -> bool {
        // The first second's tokens are there from the beginning.
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_at(now.saturating_add(self.most))
    }

    fn take_at(&self, now: u64) -> bool {
        if self.price == u64::MAX {
            return false;
        }
        let oldest = now.saturating_sub(self.most);
        let taken = self.empty.fetch_update(Relaxed, Relaxed, |empty| {
            let next = empty.max(oldest).saturating_add(self.price);
            (next <= now).then_some(next)
        });
        taken.is_ok()
    }
}

/// Decides about the user's own spans: as the span that they stand in, or as the kit does for a new trace.
#[derive(Debug, Clone)]
pub(crate) struct ForUsers(Arc<Sampling>);

impl ShouldSample for ForUsers {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let span = parent.map(Context::span);
        let parent = span.as_ref().map(|span| span.span_context()).filter(|it| it.is_valid());
        let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
        let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let sampled = match parent {
            // Within the process the call's decision has been made.
            Some(parent) if !parent.is_remote() => parent.is_sampled(),
            caller => {
                let caller = caller.map(|it| it.is_sampled());
                self.0.decide(Rule::Default, number, caller, false)
            }
        };
        SamplingResult {
            decision: if sampled {
                SamplingDecision::RecordAndSample
            } else {
                SamplingDecision::Drop
            },
            attributes: Vec::new(),
            trace_state: parent.map(|it| it.trace_state().clone()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::super::settings::SamplingRule;
    use super::*;

    fn settings(share: f64) -> SamplingSettings {
        let rules = Vec::new();
        SamplingSettings { share, parent_based: true, per_second: None, rules, priority: true }
    }

    const NUMBERS: [u64; 4] = [0, 1 << 62, 3 << 62, u64::MAX];

    fn decisions(sampling: &Sampling, rule: Rule, parent: Option<bool>, high: bool) -> [bool; 4] {
        NUMBERS.map(|number| sampling.decide(rule, number, parent, high))
    }

    #[test]
    fn a_share_is_taken_by_the_traces_number() {
        for (share, taken) in
            [(0.0, [false; 4]), (1.0, [true; 4]), (0.5, [true, true, false, false])]
        {
            let sampling = Sampling::new(&settings(share));
            assert_eq!(decisions(&sampling, Rule::Default, None, false), taken, "{share}");
        }
    }

    #[test]
    fn shares_agree_with_those_of_opentelemetry() {
        use opentelemetry_sdk::trace::Sampler;
        for share in [0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 1.0] {
            let (ours, theirs) =
                (Sampling::new(&settings(share)), Sampler::TraceIdRatioBased(share));
            let mut number: u64 = 1;
            for _ in 0..2000 {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let trace = TraceId::from(u128::from(number) | 1 << 100);
                let result = theirs.should_sample(None, trace, "", &SpanKind::Server, &[], &[]);
                let expected = result.decision == SamplingDecision::RecordAndSample;
                assert_eq!(
                    ours.decide(Rule::Default, number, None, false),
                    expected,
                    "{share} {number}"
                );
            }
        }
    }

    #[test]
    fn the_caller_decides_where_it_did_and_is_believed() {
        let sampling = Sampling::new(&settings(0.5));
        assert_eq!(decisions(&sampling, Rule::Default, Some(true), false), [true; 4]);
        assert_eq!(decisions(&sampling, Rule::Share(0), Some(false), false), [false; 4]);
        let alone = Sampling::new(&SamplingSettings { parent_based: false, ..settings(0.0) });
        assert_eq!(decisions(&alone, Rule::Default, Some(true), false), [false; 4]);
    }

    #[test]
    fn what_matters_is_recorded_and_probes_never_are() {
        let sampling = Sampling::new(&settings(0.0));
        assert_eq!(decisions(&sampling, Rule::Default, Some(false), true), [true; 4]);
        assert_eq!(decisions(&sampling, Rule::Always, Some(false), false), [true; 4]);
        assert_eq!(decisions(&sampling, Rule::Never, Some(true), true), [false; 4]);
        assert_eq!(sampling.rule("/grpc.health.v1.Health/Check"), Rule::Never);
        assert_eq!(sampling.rule("/healthz"), Rule::Never);
        for others in ["/metrics.v1.Store/Get", "/healthz-report", "/metrics/{tenant}"] {
            assert_eq!(sampling.rule(others), Rule::Default, "{others}");
        }
        let high = |name, value| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            sampling.is_high(&headers)
        };
        assert!(high("x-priority", "high") && high("x-md-global-priority", "high"));
        assert!(high("baggage", "a=b, priority = high;p=1"));
        assert!(!high("x-priority", "low") && !high("baggage", "priority=highest,xpriority=high"));
        let deaf = Sampling::new(&SamplingSettings { priority: false, ..settings(0.0) });
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-priority"),
            HeaderValue::from_static("high"),
        )]);
        assert!(!deaf.is_high(&headers));
    }

    #[test]
    fn the_rule_that_names_an_operation_comes_first() {
        let rule = |operation: &str, share| SamplingRule { operation: operation.into(), share };
        let rules =
            vec![rule("/shop.*", 0.25), rule("/shop.Users/Get", 1.0), rule("/shop.U*", 0.0)];
        let sampling = Sampling::new(&SamplingSettings { rules, ..settings(0.0) });
        assert_eq!(sampling.rule("/shop.Users/Get"), Rule::Share(threshold(1.0)));
        assert_eq!(sampling.rule("/shop.Users/Put"), Rule::Share(threshold(0.25)));
        assert_eq!(sampling.rule("/other/Get"), Rule::Default);
        assert!(sampling.possible(u64::MAX, None, false), "its rule may say so");
        assert!(!sampling.possible(0, Some(false), false));
    }

    #[test]
    fn a_method_that_matters_comes_before_rules_and_callers() {
        let rules = vec![SamplingRule { operation: "/shop.*".into(), share: 0.0 }];
        let keys = SamplingSettings { rules, ..settings(0.0) };
        let sampling = Sampling::new(&keys);
        assert!(!sampling.possible(0, Some(false), false));
        assert_eq!(sampling.rule_of_high("/shop.Orders/Pay"), Rule::Always);
        assert!(sampling.possible(u64::MAX, Some(false), false), "it may be that method");
        assert_eq!(sampling.rule("/shop.Orders/Get"), Rule::Share(0), "the others stay");
        assert_eq!(sampling.rule_of_high("/grpc.health.v1.Health/Check"), Rule::Never);
        let deaf = Sampling::new(&SamplingSettings { priority: false, ..keys });
        assert_eq!(deaf.rule_of_high("/shop.Orders/Pay"), Rule::Share(0));
        assert!(!deaf.possible(0, Some(false), false));
    }

    #[test]
    fn spans_of_users_go_with_their_call_and_treat_callers_as_it_does() {
        use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};
        let records = |settings: &SamplingSettings, parent: Option<(bool, bool)>| {
            let trace = TraceId::from(1);
            let context = parent.map(|(remote, sampled)| {
                let flags = TraceFlags::default().with_sampled(sampled);
                let of = SpanContext::new(trace, SpanId::from(1), flags, remote, TraceState::NONE);
                Context::new().with_remote_span_context(of)
            });
            let sampler = Arc::new(Sampling::new(settings)).for_users();
            let kind = SpanKind::Consumer;
            let result = sampler.should_sample(context.as_ref(), trace, "", &kind, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        };
        let (all, none) = (settings(1.0), settings(0.0));
        assert!(records(&all, None) && !records(&none, None));
        for remote in [false, true] {
            assert!(!records(&all, Some((remote, false))) && records(&none, Some((remote, true))));
        }
        // Whoever does not go by callers does not for spans of users either.
        let [all, none] = [all, none].map(|it| SamplingSettings { parent_based: false, ..it });
        assert!(records(&all, Some((true, false))) && !records(&none, Some((true, true))));
        assert!(!records(&all, Some((false, false))) && records(&none, Some((false, true))));
    }

    #[test]
    fn so_many_a_second_and_no_more() {
        const SECOND: u64 = 1_000_000_000;
        let rate = Rate::new(4.0);
        let taken = |now| (0..10).filter(|_| rate.take_at(now)).count();
        assert_eq!(taken(SECOND), 4);
        assert_eq!(taken(SECOND + SECOND / 2), 2);
        assert_eq!(taken(100 * SECOND), 4, "what was not taken is not saved up");
        let seldom = Rate::new(0.5);
        assert!(seldom.take_at(2 * SECOND) && !seldom.take_at(3 * SECOND));
        assert!(seldom.take_at(4 * SECOND));
        assert!(!Rate::new(0.0).take_at(u64::MAX));
    }
}
