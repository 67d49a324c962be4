//! `grpc.reflection`, v1 and v1alpha: a client without a schema asks for the files that describe this app.
//!
//! Both versions say the same in messages of the same form; only their packages differ.

mod answer;

use std::sync::Arc;

use crate::call::{Answers, Meta, Streaming};
use crate::describe::Schema;
use crate::health::{Health, Phase};
use crate::service::{Mount, ServiceSpec};

pub(crate) static SPECS: [&ServiceSpec; 2] = [&v1::SPEC, &v1alpha::SPEC];

/// What both versions answer from.
pub(crate) struct Known {
    schema: Schema,
    services: Vec<&'static str>,
}

/// The two services, for an app of these services.
pub(crate) fn mounts(
    schema: Schema,
    specs: &[&'static ServiceSpec],
    health: &Health,
) -> [Mount; 2] {
    let mut services: Vec<_> = specs.iter().map(|spec| spec.full_name).collect();
    services.sort_unstable();
    let known = Arc::new(Known { schema, services });
    [v1::mount(known.clone(), health), v1alpha::mount(known, health)]
}

macro_rules! version {
    ($module:ident, $package:literal, $full:literal, $operation:literal) => {
        mod $module {
            use super::*;
            use crate::Result;
            use crate::message;
            use crate::message::Message as _;
            use crate::service::{MethodSpec, Shape};

            #[message(package = $package)]
            pub(crate) struct ServerReflectionRequest {
                #[field(1)]
                host: String,
                #[field(oneof)]
                message_request: Option<MessageRequest>,
            }

            #[message(package = $package)]
            pub(crate) enum MessageRequest {
                #[field(3)]
                FileByFilename(String),
                #[field(4)]
                FileContainingSymbol(String),
                #[field(5)]
                FileContainingExtension(ExtensionRequest),
                #[field(6)]
                AllExtensionNumbersOfType(String),
                #[field(7)]
                ListServices(String),
            }

            #[message(package = $package)]
            pub(crate) struct ExtensionRequest {
                containing_type: String,
                extension_number: i32,
            }

            #[message(package = $package)]
            pub(crate) struct ServerReflectionResponse {
                #[field(1)]
                valid_host: String,
                #[field(2)]
                original_request: Option<ServerReflectionRequest>,
                #[field(oneof)]
                message_response: Option<MessageResponse>,
            }

            #[message(package = $package)]
            pub(crate) enum MessageResponse {
                #[field(4, name = "file_descriptor_response")]
                Files(FileDescriptorResponse),
                #[field(5, name = "all_extension_numbers_response")]
                Numbers(ExtensionNumberResponse),
                #[field(6, name = "list_services_response")]
                Services(ListServiceResponse),
                #[field(7, name = "error_response")]
                Failure(ErrorResponse),
            }

            #[message(package = $package)]
            pub(crate) struct FileDescriptorResponse {
                file_descriptor_proto: Vec<bytes::Bytes>,
            }

            #[message(package = $package)]
            pub(crate) struct ExtensionNumberResponse {
                base_type_name: String,
                extension_number: Vec<i32>,
            }

            #[message(package = $package)]
            pub(crate) struct ListServiceResponse {
                service: Vec<ServiceResponse>,
            }

            #[message(package = $package)]
            pub(crate) struct ServiceResponse {
                name: String,
            }

            #[message(package = $package)]
            pub(crate) struct ErrorResponse {
                error_code: i32,
                error_message: String,
            }

            pub(super) static SPEC: ServiceSpec = ServiceSpec {
                package: $package,
                name: "ServerReflection",
                full_name: $full,
                doc: "Describes what this app serves.",
                deprecated: false,
                methods: &[MethodSpec {
                    doc: "Answers each question in its turn.",
                    shape: Shape::Bidi,
                    ..MethodSpec::new(
                        "ServerReflectionInfo",
                        $operation,
                        ServerReflectionRequest::describe,
                        ServerReflectionResponse::describe,
                    )
                }],
            };

            pub(super) fn mount(known: Arc<Known>, health: &Health) -> Mount {
                let mut mount = Mount::new(&SPEC);
                let health = health.clone();
                mount.stream(&SPEC.methods[0], move |_, requests, answers| {
                    answer_all(known, health, requests, answers)
                });
                mount
            }

            async fn answer_all(
                known: Arc<Known>,
                health: Health,
                mut requests: Streaming<ServerReflectionRequest>,
                answers: Answers,
            ) -> Result<()> {
                let mut phase = health.watch();
                answers.open(Meta::default());
                loop {
                    let request = tokio::select! {
                        biased;
                        request = requests.next() => request,
                        // Whoever only waits for more questions would hold the drain until its deadline.
                        _ = phase.wait_for(|phase| *phase == Phase::Draining) => None,
                    };
                    let Some(request) = request else { return Ok(()) };
                    answers.put(&respond(&known, request?)).await?;
                }
            }

            fn respond(
                known: &Known,
                request: ServerReflectionRequest,
            ) -> ServerReflectionResponse {
                use answer::Answer;
                let answer = match &request.message_request {
                    Some(MessageRequest::FileByFilename(name)) => known.file(name),
                    Some(MessageRequest::FileContainingSymbol(symbol)) => known.declaring(symbol),
                    Some(MessageRequest::FileContainingExtension(extension)) => {
                        known.extending(&extension.containing_type, extension.extension_number)
                    }
                    Some(MessageRequest::AllExtensionNumbersOfType(name)) => known.extensions(name),
                    Some(MessageRequest::ListServices(_)) => known.list(),
                    None => Answer::nothing_asked(),
                };
                let response = match answer {
                    Answer::Files(file_descriptor_proto) => {
                        MessageResponse::Files(FileDescriptorResponse { file_descriptor_proto })
                    }
                    Answer::Numbers { base_type_name, extension_number } => {
                        MessageResponse::Numbers(ExtensionNumberResponse {
                            base_type_name,
                            extension_number,
                        })
                    }
                    Answer::Services(names) => {
                        let service =
                            names.into_iter().map(|name| ServiceResponse { name }).collect();
                        MessageResponse::Services(ListServiceResponse { service })
                    }
                    Answer::Error { code, message } => MessageResponse::Failure(ErrorResponse {
                        error_code: code,
                        error_message: message,
                    }),
                };
                ServerReflectionResponse {
                    valid_host: request.host.clone(),
                    original_request: Some(request),
                    message_response: Some(response),
                }
            }
        }
    };
}

version!(
    v1,
    "grpc.reflection.v1",
    "grpc.reflection.v1.ServerReflection",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
);
version!(
    v1alpha,
    "grpc.reflection.v1alpha",
    "grpc.reflection.v1alpha.ServerReflection",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
);
