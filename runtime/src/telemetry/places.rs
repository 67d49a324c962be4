//! The places of an operation, and those of what the kit does not serve itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::place::Place;
use super::{Secrets, Telemetry};
use crate::service::MethodSpec;

/// Every way to one operation.
pub(crate) struct Places {
    rpc: Arc<Place>,
    bindings: Vec<Arc<Place>>,
}

impl Places {
    /// Of a method.
    pub(crate) fn of(telemetry: &Arc<Telemetry>, method: &'static MethodSpec) -> Self {
        let sampling = &telemetry.sampling;
        let rule = match method.high_priority {
            true => sampling.rule_of_high(method.operation),
            false => sampling.rule(method.operation),
        };
        let place = |route: &'static str, verb| {
            // They are for spans alone.
            let secrets = telemetry.spans.as_ref().and_then(|_| Secrets::of(method, route));
            let (operation, route) = (Cow::Borrowed(method.operation), Cow::Borrowed(route));
            Place::new(telemetry, operation, Some(route), verb, rule, true, secrets)
        };
        Self {
            rpc: place(method.operation, "POST"),
            bindings: method.bindings.iter().map(|it| place(it.path, it.verb)).collect(),
        }
    }

    /// Of a path of the kit's own.
    pub(crate) fn raw(telemetry: &Arc<Telemetry>, path: &'static str) -> Self {
        let (name, rule) = (Cow::Borrowed(path), telemetry.sampling.rule(path));
        let place = Place::new(telemetry, name.clone(), Some(name), "GET", rule, true, None);
        Self { rpc: place, bindings: Vec::new() }
    }

    #[inline]
    pub(crate) fn get(&self, binding: Option<usize>) -> &Arc<Place> {
        binding.and_then(|binding| self.bindings.get(binding)).unwrap_or(&self.rpc)
    }
}

/// The places of what is served beside operations, each made when it is first called.
pub(crate) struct Foreign {
    telemetry: Arc<Telemetry>,
    unmatched: Arc<Place>,
    known: RwLock<HashMap<String, Arc<Place>>>,
}

impl Foreign {
    /// The most places that are kept: what a service built with tonic is asked for is its callers' word.
    const MOST: usize = 1000;

    /// `unmatched` is the operation's name where there is none.
    pub(crate) fn new(telemetry: &Arc<Telemetry>, unmatched: &'static str) -> Self {
        let (name, rule) = (Cow::Borrowed(unmatched), telemetry.sampling.rule(unmatched));
        Self {
            telemetry: Arc::clone(telemetry),
            unmatched: Place::new(telemetry, name, None, "GET", rule, false, None),
            known: RwLock::default(),
        }
    }

    /// The place of a route of the user's, or of a method of a service built with tonic.
    pub(crate) fn get(&self, operation: &str) -> Arc<Place> {
        if self.unmatched.operation == operation {
            return Arc::clone(&self.unmatched);
        }
        let known =
            self.known.read().unwrap_or_else(PoisonError::into_inner).get(operation).cloned();
        known.unwrap_or_else(|| self.made(operation))
    }

    fn made(&self, operation: &str) -> Arc<Place> {
        let named = || Cow::Owned(operation.to_owned());
        let rule = self.telemetry.sampling.rule(operation);
        let place = Place::new(&self.telemetry, named(), Some(named()), "GET", rule, true, None);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < Self::MOST {
            known.insert(operation.to_owned(), Arc::clone(&place));
        }
        place
    }
}
