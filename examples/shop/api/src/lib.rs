//! The contracts of the shop. Servers implement the traits; clients use what is generated beside them.

pub mod order;
pub mod user;
