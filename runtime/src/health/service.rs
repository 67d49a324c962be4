//! `grpc.health.v1.Health`: Check, List and Watch, over gRPC and, where they do not stream, over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Health, Phase};
use crate::call::{Answers, Meta};
use crate::message;
use crate::message::Message;
use crate::service::{MethodSpec, Mount, ServiceSpec, Shape};
use crate::{Error, Result};

/// The reason of a Check of a service that this app does not serve.
const SERVICE_UNKNOWN: &str = "SERVICE_UNKNOWN";

/// Whom the question is about; empty for the app as a whole.
#[message(package = "grpc.health.v1")]
pub(crate) struct HealthCheckRequest {
    service: String,
}

#[message(package = "grpc.health.v1")]
pub(crate) struct HealthCheckResponse {
    status: ServingStatus,
}

#[message(package = "grpc.health.v1")]
#[derive(Copy, Eq)]
pub(crate) enum ServingStatus {
    #[field(name = "UNKNOWN")]
    Unknown,
    #[field(name = "SERVING")]
    Serving,
    #[field(name = "NOT_SERVING")]
    NotServing,
    #[field(name = "SERVICE_UNKNOWN")]
    ServiceUnknown,
}

#[message(package = "grpc.health.v1")]
pub(crate) struct HealthListRequest {}

#[message(package = "grpc.health.v1")]
pub(crate) struct HealthListResponse {
    statuses: BTreeMap<String, HealthCheckResponse>,
}

const METHOD: MethodSpec = MethodSpec {
    doc: "Says how a service, or with an empty name the app, is at this moment.",
    idempotent: true,
    ..MethodSpec::new(
        "Check",
        "/grpc.health.v1.Health/Check",
        HealthCheckRequest::describe,
        HealthCheckResponse::describe,
    )
};

/// The description of the service.
pub(crate) static SPEC: ServiceSpec = ServiceSpec {
    package: "grpc.health.v1",
    name: "Health",
    full_name: "grpc.health.v1.Health",
    doc: "Whether this instance wants calls.",
    deprecated: false,
    methods: &[
        METHOD,
        MethodSpec {
            name: "List",
            operation: "/grpc.health.v1.Health/List",
            doc: "Says how every service is at this moment.",
            input: HealthListRequest::describe,
            output: HealthListResponse::describe,
            ..METHOD
        },
        MethodSpec {
            name: "Watch",
            operation: "/grpc.health.v1.Health/Watch",
            doc: "Says how a service is, and again with every change.",
            shape: Shape::ServerStream,
            ..METHOD
        },
    ],
};

/// The service, for an app that serves `services`.
pub(crate) fn mount(health: Health, services: Vec<&'static str>) -> Mount {
    let known = Arc::new(Known { health, services });
    let mut mount = Mount::new(&SPEC);
    let check = known.clone();
    mount.unary(&SPEC.methods[0], move |_, request: HealthCheckRequest| {
        std::future::ready(check.check(&request.service))
    });
    let list = known.clone();
    mount.unary(&SPEC.methods[1], move |_, _: HealthListRequest| std::future::ready(list.list()));
    mount.stream(&SPEC.methods[2], move |_, request, answers| watch(known, request, answers));
    mount
}

struct Known {
    health: Health,
    services: Vec<&'static str>,
}

impl Known {
    fn has(&self, service: &str) -> bool {
        service.is_empty() || self.services.contains(&service)
    }

    fn check(&self, service: &str) -> Result<HealthCheckResponse> {
        if self.has(service) {
            return Ok(HealthCheckResponse { status: status(self.health.phase()) });
        }
        Err(Error::not_found(SERVICE_UNKNOWN, "this app does not serve that service"))
    }

    fn list(&self) -> HealthListResponse {
        let status = status(self.health.phase());
        let names = std::iter::once("").chain(self.services.iter().copied());
        let entry = |name: &str| (name.to_owned(), HealthCheckResponse { status });
        HealthListResponse { statuses: names.map(entry).collect() }
    }
}

fn status(phase: Phase) -> ServingStatus {
    match phase {
        Phase::Serving => ServingStatus::Serving,
        Phase::Starting | Phase::Stopping | Phase::Draining => ServingStatus::NotServing,
    }
}

/// Answers with each status that differs from the last one. Who asks about a service that is not there hears so, and no
/// more than that until the app stops.
async fn watch(known: Arc<Known>, request: HealthCheckRequest, answers: Answers) -> Result<()> {
    let mut phase = known.health.watch();
    let mut last = None;
    answers.open(Meta::default());
    loop {
        let now = *phase.borrow_and_update();
        let known = known.has(&request.service);
        let status = if known { status(now) } else { ServingStatus::ServiceUnknown };
        if last != Some(status) {
            last = Some(status);
            answers.put(&HealthCheckResponse { status }).await?;
        }
        // A watch would hold the drain until its deadline.
        if now == Phase::Draining || phase.changed().await.is_err() {
            return Ok(());
        }
    }
}
