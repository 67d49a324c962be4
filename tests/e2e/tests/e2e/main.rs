//! Behaviour over real sockets, a module per behaviour, over HTTP and over gRPC: what a user was promised.

mod access_log;
mod build;
mod calls;
mod client;
mod common;
mod errors;
mod foreign_services;
mod grpc_wire;
mod health;
mod http_wire;
mod lifecycle;
mod limits;
mod metadata;
mod middleware;
mod process;
mod reflection;
mod rest_binding;
mod rest_errors;
mod rest_negotiation;
mod restarts;
mod shapes;
mod shop;
mod status_table;
mod streams;
mod tonic_built;
mod traced;
