//! What the supervisor has said about servers and tools.

use super::error::ToolError;
use crate::run::Run;
use boa_engine::object::JsObject;
use boa_engine::{Context, JsResult};
use guest_protocol::envelope::Refusal;
use guest_protocol::message::{DescribeServer, ServerName, ServerShape, method};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The servers of a run. A server's tools are asked for when a program first needs them.
#[derive(Default)]
pub(crate) struct Catalog {
    servers: RefCell<Rc<[ServerName]>>,
    shapes: RefCell<BTreeMap<usize, Rc<ServerShape>>>,
    namespaces: RefCell<BTreeMap<usize, JsObject>>,
}

impl Catalog {
    /// Takes the servers of this run.
    pub(crate) fn list(&self, servers: &[ServerName]) {
        *self.servers.borrow_mut() = servers.into();
    }

    /// The servers of this run.
    pub(crate) fn servers(&self) -> Rc<[ServerName]> {
        Rc::clone(&self.servers.borrow())
    }

    /// The server of this name, original or identifier.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let servers = self.servers.borrow();
        let by_identifier = servers.iter().position(|server| server.identifier == name);
        by_identifier.or_else(|| servers.iter().position(|server| server.name == name))
    }

    /// The object that stands for server number `server`, if it was made.
    pub(super) fn namespace(&self, server: usize) -> Option<JsObject> {
        self.namespaces.borrow().get(&server).cloned()
    }

    /// Keeps the object that stands for server number `server`.
    pub(super) fn keep_namespace(&self, server: usize, namespace: JsObject) {
        self.namespaces.borrow_mut().insert(server, namespace);
    }
}

/// The tools of server number `server`, asked for once.
pub(crate) fn shape(run: &Run, server: usize) -> Result<Rc<ServerShape>, Refusal> {
    if let Some(known) = run.catalog.shapes.borrow().get(&server) {
        return Ok(Rc::clone(known));
    }
    let servers = run.catalog.servers();
    let name = servers.get(server).map(|server| server.name.clone()).unwrap_or_default();
    let answer = run.link.ask(method::DESCRIBE, DescribeServer { server: name })?;
    let shape: ServerShape =
        serde_json::from_str(answer.get()).map_err(|error| Refusal::invalid_params(error.to_string()))?;
    let shape = Rc::new(shape);
    run.catalog.shapes.borrow_mut().insert(server, Rc::clone(&shape));
    Ok(shape)
}

/// The same for a program, which gets a `ToolError` where the tools cannot be had.
pub(crate) fn describe(run: &Run, server: usize, context: &mut Context) -> JsResult<Rc<ServerShape>> {
    match shape(run, server) {
        Ok(shape) => Ok(shape),
        Err(refusal) => {
            let servers = run.catalog.servers();
            let name = servers.get(server).map_or("", |server| server.name.as_str());
            Err(ToolError::refused(name, "", refusal).throw(context)?)
        }
    }
}
