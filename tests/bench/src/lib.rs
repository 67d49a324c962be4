//! What the measured servers and the instruments share: the workloads and the way a server is run.
//!
//! It refuses to know anything about how a server is built: each binary of this package is a complete program, written
//! as its own users would write it. What two peers would have to say twice, how telemetry is set up, is in [`assembly`].

pub mod assembly;
pub mod peer;
pub mod workload;
