//! Behaviour over real sockets, a module per behaviour, over HTTP and over gRPC: what a user was promised.
