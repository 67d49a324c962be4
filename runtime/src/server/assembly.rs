//! Puts operations and routes together, and reports every mistake among them.

use std::sync::Arc;

use super::core::{Kind, Operation, Plans};
use crate::message::Types;
use crate::route::{Builder, Route, Table};
use crate::service::{Handler, Mounted, Shape};
use crate::surface::rest::Plan;

/// What a server will serve.
#[derive(Default)]
pub(crate) struct Assembly {
    operations: Vec<Operation>,
    routes: Builder,
    mistakes: Vec<String>,
}

impl Assembly {
    /// Enters a method with its RPC path and its bindings. `types` describes what the method's messages reach.
    pub(crate) fn method(&mut self, mounted: Mounted, types: &mut Types) {
        let Mounted { method, handler, has_initial } = mounted;
        let operation = self.operations.len();
        self.routes.rpc(operation, method.operation);
        #[cfg(feature = "ws")]
        if method.shape.requests() {
            let paths = method.bindings.iter().map(|binding| binding.path);
            let mut known = std::collections::HashSet::new();
            for (index, path) in paths.enumerate() {
                // One path with several HTTP methods is one place to open a socket.
                if known.insert(path) {
                    let route = Route { operation, binding: Some(index) };
                    self.routes.socket(route, method.operation, path);
                }
            }
            let route = Route { operation, binding: None };
            self.routes.socket(route, method.operation, method.operation);
        }
        if let Err(mistake) = Plan::check_event_id(method, types) {
            self.mistakes.push(format!("{}: {mistake}", method.operation));
        }
        let mut plans = Plans { rpc: Arc::new(Plan::rpc(method)), bindings: Vec::new() };
        for (index, binding) in method.bindings.iter().enumerate() {
            match Plan::binding(method, binding, types, has_initial) {
                Ok(plan) => plans.bindings.push(Arc::new(plan)),
                Err(mistakes) => self.mistakes.extend(
                    mistakes.into_iter().map(|mistake| format!("{}: {mistake}", method.operation)),
                ),
            }
            let route = Route { operation, binding: Some(index) };
            self.routes.binding(route, method.operation, binding.verb, binding.path);
        }
        if method.idempotent && method.shape == Shape::Unary {
            self.routes.rpc_get(operation, method.operation);
        }
        let kind = Kind::Method(method.shape, plans);
        let (name, timeout) = (method.operation, method.timeout);
        let method = Some(method);
        self.operations.push(Operation { name, method, handler, timeout, kind });
    }

    /// Enters a path of the kit's own, whose handler gets the body unread and answers with
    /// [`Reply::raw`](crate::Reply::raw).
    pub(crate) fn raw(&mut self, verb: &str, path: &'static str, handler: Handler) {
        let route = Route { operation: self.operations.len(), binding: Some(0) };
        self.routes.binding(route, path, verb, path);
        let (method, timeout, kind) = (None, None, Kind::Raw);
        self.operations.push(Operation { name: path, method, handler, timeout, kind });
    }

    /// The operations, and the table that finds them.
    ///
    /// # Errors
    /// Every mistake, one text each.
    pub(crate) fn finish(mut self) -> Result<(Vec<Operation>, Table), Vec<String>> {
        match self.routes.build() {
            Ok(table) if self.mistakes.is_empty() => Ok((self.operations, table)),
            Ok(_) => Err(self.mistakes),
            Err(conflicts) => {
                self.mistakes.extend(conflicts);
                Err(self.mistakes)
            }
        }
    }
}
