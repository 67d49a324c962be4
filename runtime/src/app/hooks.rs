//! Hooks: what services do before they are served, after, and around the stop. Each has a bound.

use std::time::Duration;

use crate::call::Caught;
use crate::error::reasons;
use crate::service::{HOOK_TIMEOUT, Hook, HookAt};
use crate::{Error, Result};

/// The hooks of all services, in the order in which they were mounted.
#[derive(Default)]
pub(crate) struct Hooks(Vec<Entry>);

struct Entry {
    at: HookAt,
    service: &'static str,
    name: &'static str,
    hook: Hook,
}

impl Hooks {
    pub(crate) fn add(&mut self, service: &'static str, hooks: Vec<(HookAt, &'static str, Hook)>) {
        let entries = hooks.into_iter().map(|(at, name, hook)| Entry { at, service, name, hook });
        self.0.extend(entries);
    }

    /// Runs the hooks of a start one after the other; the first error ends it.
    pub(crate) async fn start(&self, at: HookAt) -> Result {
        for entry in self.0.iter().filter(|entry| entry.at == at) {
            entry.run(HOOK_TIMEOUT).await?;
        }
        Ok(())
    }

    /// Runs the hooks of a stop, the last mounted first. All of them run; the first error is returned, the others are
    /// logged.
    pub(crate) async fn stop(&self, at: HookAt) -> Result {
        let mut first = Ok(());
        for entry in self.0.iter().rev().filter(|entry| entry.at == at) {
            if let Err(error) = entry.run(HOOK_TIMEOUT).await {
                if first.is_ok() {
                    first = Err(error);
                } else {
                    tracing::error!(error = ?error, "a further hook failed while stopping");
                }
            }
        }
        first
    }
}

impl Entry {
    async fn run(&self, bound: Duration) -> Result {
        let what = || format!("the {} hook `{}` of {}", phase(self.at), self.name, self.service);
        let hook = Caught::begin(|| (self.hook)());
        match tokio::time::timeout(bound, hook).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                let text = format!("{} failed: {}", what(), error.message());
                Err(Error::internal(reasons::INTERNAL, text).with_source(error))
            }
            Err(_) => {
                let text = format!("{} did not end within {bound:?}", what());
                Err(Error::internal(reasons::INTERNAL, text))
            }
        }
    }
}

fn phase(at: HookAt) -> &'static str {
    match at {
        HookAt::BeforeStart => "before_start",
        HookAt::AfterStart => "after_start",
        HookAt::BeforeStop => "before_stop",
        HookAt::AfterStop => "after_stop",
    }
}
