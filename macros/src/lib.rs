//! Attribute macros of bident.
