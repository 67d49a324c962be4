//! Behaviour over real sockets, a module per behaviour, over HTTP and over gRPC: what a user was promised.

mod build;
mod client;
mod health;
mod lifecycle;
mod process;
mod reflection;
mod rest_binding;
mod rest_errors;
mod rest_negotiation;
mod shop;
mod status_table;
