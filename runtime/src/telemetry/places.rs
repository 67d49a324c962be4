//! The places of an operation, and those of what the kit does not serve itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::place::Place;
use super::sampling::Rule;
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
            let mut place =
                Place::new(telemetry, operation, Some(route), verb, rule, true, secrets);
            place.declares = method.traced;
            Arc::new(place)
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
        Self { rpc: Arc::new(place), bindings: Vec::new() }
    }

    #[inline]
    pub(crate) fn get(&self, binding: Option<usize>) -> &Arc<Place> {
        binding.and_then(|binding| self.bindings.get(binding)).unwrap_or(&self.rpc)
    }
}

/// The places of what is served beside operations.
pub(crate) struct Foreign {
    telemetry: Arc<Telemetry>,
    unmatched: Arc<Place>,
    /// Those of the user's routes, each made when it is first called.
    routes: Kept,
    unproven: Arc<Place>,
    proven: Arc<Proven>,
}

/// Places by their operations.
type Kept = RwLock<HashMap<String, Arc<Place>>>;

/// The methods of services built with tonic that are known to be some. Such a service does not say which it has, and what is
/// asked of it is its callers' word: so a path is a method from the first answer on that it gets from the service itself.
#[derive(Default)]
pub(super) struct Proven(Kept);

impl Foreign {
    /// `unmatched` is the operation's name where there is none.
    pub(crate) fn new(telemetry: &Arc<Telemetry>, unmatched: &'static str) -> Self {
        let (name, rule) = (Cow::Borrowed(unmatched), telemetry.sampling.rule(unmatched));
        let unmatched = Place::new(telemetry, name, None, "GET", rule, false, None);
        let proven = Arc::<Proven>::default();
        let other = Cow::Borrowed(super::names::OTHER);
        let mut unproven = Place::new(telemetry, other, None, "POST", Rule::Default, false, None);
        unproven.unproven = Some(Arc::clone(&proven));
        Self {
            telemetry: Arc::clone(telemetry),
            unmatched: Arc::new(unmatched),
            routes: Kept::default(),
            unproven: Arc::new(unproven),
            proven,
        }
    }

    /// The place of a route of the user's, or of what nobody serves.
    pub(crate) fn route(&self, template: &str) -> Arc<Place> {
        if self.unmatched.operation == template {
            return Arc::clone(&self.unmatched);
        }
        known(&self.routes, template).unwrap_or_else(|| {
            // There are as many as the program has routes.
            kept(&self.routes, &self.telemetry, template)
        })
    }

    /// The place of a method of a service built with tonic.
    pub(crate) fn method(&self, path: &str) -> Arc<Place> {
        known(&self.proven.0, path).unwrap_or_else(|| Arc::clone(&self.unproven))
    }
}

impl Proven {
    /// The most that are kept: a service may answer whatever it is asked.
    const MOST: usize = 1000;

    /// The place of a method that has answered, where there is room for one more.
    pub(super) fn add(&self, telemetry: &Arc<Telemetry>, path: &str) -> Option<Arc<Place>> {
        let full = read(&self.0).len() >= Self::MOST;
        (!full).then(|| kept(&self.0, telemetry, path))
    }
}

fn read(places: &Kept) -> RwLockReadGuard<'_, HashMap<String, Arc<Place>>> {
    places.read().unwrap_or_else(PoisonError::into_inner)
}

fn known(places: &Kept, operation: &str) -> Option<Arc<Place>> {
    read(places).get(operation).cloned()
}

fn kept(places: &Kept, telemetry: &Arc<Telemetry>, operation: &str) -> Arc<Place> {
    let mut places = places.write().unwrap_or_else(PoisonError::into_inner);
    let place = places.entry(operation.to_owned()).or_insert_with(|| {
        let named = || Cow::Owned(operation.to_owned());
        let rule = telemetry.sampling.rule(operation);
        Arc::new(Place::new(telemetry, named(), Some(named()), "GET", rule, true, None))
    });
    Arc::clone(place)
}
